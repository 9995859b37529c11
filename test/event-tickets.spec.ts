import type { EventTicket } from '../src/feed/tickets.controller.js';
import { TestApplication, type Headers } from './support/application.js';
import { refused } from './support/refused.js';
import { secretsIn } from './support/secrets-in-log.js';
import { StreamReader } from './support/stream-reader.js';
import { World } from './support/world.js';

let app: TestApplication;
/** Another instance on the same database. */
let other: TestApplication;
let world: World;
const readers: StreamReader[] = [];
beforeAll(async () => {
  app = await TestApplication.start({ STREAM_POLL_INTERVAL_MS: '20' });
  other = await app.another({ STREAM_POLL_INTERVAL_MS: '20' });
  world = await World.create(app);
});
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
});
afterAll(async () => {
  await other.stop();
  await app.stop();
});

async function ticketFor(headers: Headers): Promise<EventTicket> {
  const { body } = await app.call('post', '/events/tickets', headers).expect(201);
  return body as EventTicket;
}

async function open(ticket: string, on = app, headers: Headers = {}): Promise<StreamReader> {
  const reader = await StreamReader.open(on.url, headers, { ticket });
  readers.push(reader);
  return reader;
}

const opened = (ticket: string, on: TestApplication) =>
  open(ticket, on).then(
    () => 200,
    (error: unknown) => Number(String(error).slice('Error: '.length, 'Error: 401'.length)),
  );

describe('a ticket', () => {
  it('opens one stream, as the caller who got it', async () => {
    const [inbox, hidden] = [await world.inbox(), await world.inbox()];
    const operator = await world.operator({ inboxes: [inbox] });
    const { ticket, expiresAt } = await ticketFor(operator.headers);
    expect(ticket).toMatch(/^iet_[\w-]{22}_[\w-]{43}$/);
    const left = Date.parse(expiresAt) - Date.now();
    expect(left).toBeGreaterThan(25_000);
    expect(left).toBeLessThanOrEqual(31_000);
    const reader = await open(ticket, other);
    await world.queued(hidden);
    const seen = await world.queued(inbox);
    await reader.told(1);
    expect(reader.events.map(({ data }) => data.conversationId)).toEqual([seen.id]);
    await expect(open(ticket)).rejects.toThrow(/^401/);
  });

  it('is used once, when many try at once on two instances', async () => {
    const { ticket } = await ticketFor(world.admin);
    const statuses = await Promise.all(
      Array.from({ length: 20 }, (_, i) => opened(ticket, i % 2 === 0 ? app : other)),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(19);
  });

  it('is refused after 30 seconds, and forgotten with the next one', async () => {
    const { ticket } = await ticketFor(world.admin);
    await app.database.rows(`update event_tickets set expires_at = now() where tenant_id = $1`, [
      world.tenantId,
    ]);
    await expect(open(ticket)).rejects.toThrow(/^401/);
    await ticketFor(world.admin);
    const left = await app.database.rows('select 1 from event_tickets where tenant_id = $1', [
      world.tenantId,
    ]);
    expect(left).toHaveLength(1);
  });

  it('has the rights that its caller has now', async () => {
    const gone = await world.operator();
    const { ticket } = await ticketFor(gone.headers);
    await app.call('patch', `/operators/${gone.id}`, world.admin).send({ isActive: false }).expect(200);
    await expect(open(ticket)).rejects.toThrow(/^403/);
    const { body } = await app.call('post', '/api-keys', world.admin).send({ name: 'desk' }).expect(201);
    const { id, key } = body as { id: string; key: string };
    const bearer = { Authorization: `Bearer ${key}` };
    const [kept, late] = [await ticketFor(bearer), await ticketFor(bearer)];
    await open(kept.ticket);
    await app.call('delete', `/api-keys/${id}`, world.admin).expect(204);
    await expect(open(late.ticket)).rejects.toThrow(/^401/);
  });

  it('of a service behind the gateway opens the stream of the whole tenant', async () => {
    const reader = await open((await ticketFor(world.orchestrator)).ticket);
    await world.queued(await world.inbox());
    await reader.told(1);
  });

  it.each([
    ['with other credentials', async () => open((await ticketFor(world.admin)).ticket, app, world.admin)],
    ['that is none', () => open('iet_mine')],
    [
      'of another tenant',
      async () => {
        const tenant = (await ticketFor((await World.create(app)).admin)).ticket.slice(0, 27);
        return open(`${tenant}${(await ticketFor(world.admin)).ticket.slice(27)}`);
      },
    ],
  ])('%s is refused', async (_what, attempt) => {
    await expect(attempt()).rejects.toThrow(/^401/);
  });

  it('opens nothing else', async () => {
    const { ticket } = await ticketFor(world.admin);
    await refused(app.call('get', `/events?ticket=${ticket}`, {}), 'UNAUTHENTICATED');
    await refused(app.call('get', '/events', { Authorization: `Bearer ${ticket}` }), 'UNAUTHENTICATED');
    await open(ticket);
  });

  it('is stored as a hash, is null in a repeated response, and would be found in a log', async () => {
    const keyed = { ...world.admin, 'Idempotency-Key': 'ticket' };
    const { ticket } = await ticketFor(keyed);
    expect((await ticketFor(keyed)).ticket).toBeNull();
    const rows = await app.database.rows<{ row: string }>('select t::text as row from event_tickets t');
    expect(rows.filter(({ row }) => row.includes(ticket.slice(27)))).toEqual([]);
    expect(secretsIn(`{"url":"/api/v1/events/stream?ticket=${ticket}"}`)).toHaveLength(1);
  });
});
