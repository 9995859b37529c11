import type { FeedPageResponse } from '../src/feed/feed-responses.js';
import { TestApplication } from './support/application.js';
import { deliverUntil, deliveriesOf, hook, idOf, makeDue, opened, REACHABLE } from './support/hooked.js';
import { insertEntry } from './support/ledger-entries.js';
import { Receiver } from './support/receiver.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
let receiver: Receiver;
beforeAll(async () => {
  app = await TestApplication.start(REACHABLE);
});
beforeEach(async () => {
  world = await World.create(app);
  receiver = await Receiver.start();
});
afterEach(async () => {
  await app.database.rows('delete from webhooks');
  await receiver.stop();
});
afterAll(() => app.stop());

const heard = (count: number) => deliverUntil(app, () => receiver.received.length >= count);
const change = (id: string, body: object) =>
  app.call('patch', `/webhooks/${id}`, world.admin).send(body).expect(200);

describe('a receiver', () => {
  it('gets each entry of the feed once, signed', async () => {
    const { id, secret } = await hook(world, receiver.url);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    await world.allocated(inbox, operator);
    await heard(3);
    const { body } = await app.call('get', '/events', world.admin).expect(200);
    const { data: events } = body as FeedPageResponse;
    expect(receiver.received.map((request) => opened(secret, request))).toEqual(
      events.map((event) => ({ type: event.type, timestamp: event.occurredAt, data: event })),
    );
    const [request] = receiver.received;
    expect(request).toMatchObject({ path: '/hook', headers: { 'content-type': 'application/json' } });
    await deliverUntil(app, () => true);
    expect(receiver.received).toHaveLength(3);

    const log = await deliveriesOf(world, id);
    expect(log.map((delivery) => delivery.id)).toEqual(receiver.received.map(idOf).reverse());
    expect(log.map(({ eventId }) => eventId)).toEqual(events.map((event) => event.id).reverse());
    for (const delivery of log) {
      expect(delivery).toMatchObject({
        status: 'DELIVERED',
        attempts: 1,
        lastStatus: 204,
        lastError: null,
        nextAttemptAt: null,
      });
    }
  });

  it('gets the chosen types and inbox', async () => {
    const types = await hook(world, `${receiver.url}/types`, { events: ['conversation.resolved'] });
    const [inbox, other] = [await world.inbox(), await world.inbox()];
    const ofInbox = await hook(world, `${receiver.url}/inbox`, { inboxId: inbox.id });
    await world.queued(inbox);
    await world.resolved(other);
    await heard(2);
    const told = receiver.received.map(({ path, body }) => [
      path,
      (JSON.parse(body) as { type: string }).type,
    ]);
    expect(told.sort()).toEqual([
      ['/hook/inbox', 'conversation.created'],
      ['/hook/types', 'conversation.resolved'],
    ]);
    expect(await deliveriesOf(world, types.id)).toHaveLength(1);
    expect(await deliveriesOf(world, ofInbox.id)).toHaveLength(1);
  });

  it('gets no earlier entry, and at once every later one', async () => {
    const inbox = await world.inbox();
    const slow = await app.database.session();
    await slow.query('begin');
    await insertEntry(slow, world.tenantId, 'late');
    await world.queued(inbox, { externalId: 'before' });
    const { secret } = await hook(world, receiver.url);
    await world.queued(inbox, { externalId: 'after' });
    const told = () =>
      receiver.received
        .map((request) => opened(secret, request).data)
        .map(({ externalConversationId, reason }) => externalConversationId ?? reason);
    await deliverUntil(app, () => true);
    expect(told()).toEqual(['after']);
    // It began before there was a webhook, and has happened now.
    await slow.query('commit');
    await deliverUntil(app, () => true);
    expect(told()).toEqual(['after', 'late']);
  });

  it('gets entries in order, a few at once', async () => {
    const { id } = await hook(world, receiver.url);
    await world.several(30);
    await heard(30);
    const inOrder = (await deliveriesOf(world, id)).map((delivery) => delivery.id).reverse();
    const places = receiver.received.map((request) => inOrder.indexOf(idOf(request)));
    expect(places).toHaveLength(30);
    for (const [place, arrived] of places.entries()) expect(Math.abs(place - arrived)).toBeLessThan(4);
  });

  it('of another tenant gets nothing', async () => {
    const other = await World.create(app);
    const { id } = await hook(other, receiver.url);
    await world.several(1);
    await other.queued(await other.inbox());
    await heard(1);
    expect(receiver.received.map(({ body }) => body)).toEqual([expect.not.stringContaining(world.tenantId)]);
    expect(await deliveriesOf(other, id)).toHaveLength(1);
  });

  it('that is slow delays no other', async () => {
    const slow = await Receiver.start();
    try {
      slow.reply = () => undefined;
      await hook(world, slow.url);
      await hook(world, receiver.url);
      await world.several(2);
      const run = heard(2);
      await until(() => receiver.received.length === 2);
      // The slow one is still being waited for.
      expect(slow.received.every(({ at }) => Date.now() - at < 1_000)).toBe(true);
      await run;
    } finally {
      await slow.stop();
    }
  });
});

describe('entries become deliveries', () => {
  it('in one transaction with the new position', async () => {
    const { id } = await hook(world, receiver.url);
    await world.several(3);
    await app.database.rows(`
      create function fail() returns trigger language plpgsql as $$ begin raise 'as if it crashed'; end $$;
      create trigger fail before update of position on webhooks for each row execute function fail()`);
    try {
      await deliverUntil(app, () => true);
      expect(await deliveriesOf(world, id)).toEqual([]);
    } finally {
      await app.database.rows('drop function fail cascade');
    }
    await heard(3);
    expect(new Set(receiver.received.map(idOf)).size).toBe(3);
    expect(receiver.received).toHaveLength(3);
  });

  it('once, even when the position was set back', async () => {
    const { id } = await hook(world, receiver.url);
    await world.several(3);
    await heard(3);
    await app.database.rows('update webhooks set position = 0');
    await world.several(1);
    await heard(4);
    expect(await deliveriesOf(world, id)).toHaveLength(4);
    expect(new Set(receiver.received.map(idOf)).size).toBe(4);
  });
});

describe('a webhook that is disabled', () => {
  it('keeps its deliveries until it is enabled', async () => {
    const { id } = await hook(world, receiver.url);
    receiver.says(500);
    await world.several(1);
    await heard(1);
    await change(id, { enabled: false });
    await makeDue(world);
    await world.several(1);
    await deliverUntil(app, () => true);
    expect(receiver.received).toHaveLength(1);
    receiver.says(204);
    await change(id, { enabled: true });
    await heard(3);
    expect(await deliveriesOf(world, id, { status: 'DELIVERED' })).toHaveLength(2);
  });
});

describe('a secret that is exchanged', () => {
  it('signs beside the new one for a day', async () => {
    const { id, secret: former } = await hook(world, receiver.url);
    const { body } = await app.call('post', `/webhooks/${id}/rotate-secret`, world.admin).expect(200);
    const { secret } = body as { secret: string };
    const inbox = await world.several(1);
    await heard(1);
    const [during] = receiver.received;
    expect(during!.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    expect(opened(former, during!)).toEqual(opened(secret, during!));

    await app.database.rows(`update webhooks set former_secret_expires_at = now() where id = $1`, [id]);
    await world.queued(inbox);
    await heard(2);
    const after = receiver.received[1]!;
    expect(after.headers['webhook-signature']).toMatch(/^v1,\S+$/);
    expect(opened(secret, after)).toMatchObject({ type: 'conversation.created' });
    expect(() => opened(former, after)).toThrow();
  });
});

describe('the log of deliveries', () => {
  it('deletes entries that were delivered a week ago or failed a month ago', async () => {
    const { id } = await hook(world, receiver.url);
    await app.database.rows(
      `insert into webhook_deliveries (tenant_id, webhook_id, id, position, event_id, event_type, body, status,
        next_attempt_at, keep_until)
      select $1, $2, gen_random_uuid(), 3, gen_random_uuid(), 'conversation.created', '{}', s, null, now() + k * interval '1 second'
      from unnest(array['DELIVERED', 'FAILED']) s, unnest(array[-1, 3600]) k, generate_series(1, 600)`,
      [world.tenantId, id],
    );
    await world.several(1);
    await heard(1);
    const left = await app.database.rows(
      `select status, count(*)::integer as count, max(keep_until) > now() + interval '6 days 23 hours' as for_a_week
      from webhook_deliveries where webhook_id = $1 group by status order by status`,
      [id],
    );
    expect(left).toEqual([
      { status: 'DELIVERED', count: 601, for_a_week: true },
      { status: 'FAILED', count: 600, for_a_week: false },
    ]);
  });

  it('is cleaned for a disabled webhook too', async () => {
    const { id } = await hook(world, receiver.url);
    await world.several(1);
    await heard(1);
    await change(id, { enabled: false });
    await app.database.rows('update webhook_deliveries set keep_until = now() where webhook_id = $1', [id]);
    await deliverUntil(app, () => true);
    expect(await deliveriesOf(world, id)).toEqual([]);
  });
});
