import type { InboxResponse } from '../src/inboxes/inbox.js';
import { LOWEST_ID } from '../src/database/id.js';
import { QueueReranker, RERANK_BATCH } from '../src/queue/reranker.js';
import { TestApplication } from './support/application.js';
import { asIfKeysWereRewritten } from './support/rewriting.js';
import { until } from './support/until.js';
import { minutesBefore, World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

/** Creates waiting conversations; older ones have fewer messages. @returns their inbox */
async function fill(world: World, count: number): Promise<InboxResponse> {
  const inbox = await world.inbox();
  for (let first = 0; first < count; first += 500) {
    const messages = Array.from({ length: 500 }, (_, i) => ({
      externalConversationId: `thread-${first + i}`,
      inboxId: inbox.id,
      customerPhoneNumber: '+4915112345678',
      occurredAt: minutesBefore(1 + ((first + i) % 900)),
    }));
    await app.call('post', '/orchestrator/messages/batch', world.orchestrator).send({ messages }).expect(200);
  }
  await app.database.rows(
    `update conversations c set message_count = n.messages, waiting_message_count = n.messages
    from (select id, 1 + (902 - ceil(extract(epoch from now() - last_message_at) / 60))::int / 10 as messages
      from conversations where tenant_id = $1) n
    where c.tenant_id = $1 and c.id = n.id`,
    [world.tenantId],
  );
  return inbox;
}

interface Waiting {
  id: string;
  messageCount: number;
  lastMessageAt: string;
  waitingSince: string;
}

async function best(world: World): Promise<string[]> {
  const { body } = await app.call('get', '/conversations?sort=priority&limit=100', world.admin).expect(200);
  return (body as { data: Waiting[] }).data.map(({ id }) => id);
}

type Order = (a: Waiting, b: Waiting) => number;
const byId: Order = (a, b) => a.id.localeCompare(b.id);
const byAge: Order = (a, b) => a.lastMessageAt.localeCompare(b.lastMessageAt) || byId(a, b);
const byCount: Order = (a, b) => b.messageCount - a.messageCount || byAge(a, b);
const byWait: Order = (a, b) => a.waitingSince.localeCompare(b.waitingSince) || byId(a, b);

/** The first hundred of the whole queue in the order it should have, from the rows themselves. */
async function expected(world: World, order: Order): Promise<string[]> {
  // A text without fractions at a full second would sort last.
  const text = (column: string) =>
    `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "${column.replace(/_(.)/g, (_, c: string) => c.toUpperCase())}"`;
  const rows = await app.database.rows<Waiting>(
    `select id, least(message_count, 100) as "messageCount", ${text('last_message_at')}, ${text('waiting_since')}
    from conversations where tenant_id = $1 and state = 'QUEUED'`,
    [world.tenantId],
  );
  return rows
    .sort(order)
    .slice(0, 100)
    .map(({ id }) => id);
}

async function isRewritten(world: World): Promise<boolean> {
  const [row] = await app.database.rows<{ reranked_up_to: string | null }>(
    'select reranked_up_to from tenants where id = $1',
    [world.tenantId],
  );
  return row!.reranked_up_to === null;
}

/** As if the instance had died right after the change. */
const leaveUnfinished = ({ tenantId }: World) =>
  app.database.rows('update tenants set reranked_up_to = $2 where id = $1', [tenantId, LOWEST_ID]);

describe('changed weights', () => {
  it('apply to a long queue at once, and its keys follow', async () => {
    const world = await World.create(app, { alpha: 0, beta: 1 });
    await fill(world, 2 * RERANK_BATCH + 500);
    expect(await best(world)).toEqual(await expected(world, byAge));

    await world.change({ alpha: 1, beta: 0 });

    expect(await best(world)).toEqual(await expected(world, byCount));
    await until(() => isRewritten(world));
    expect(await best(world)).toEqual(await expected(world, byCount));
  });

  it('rewrite a short queue before the response', async () => {
    const world = await World.create(app, { alpha: 0, beta: 1 });
    const inbox = await world.inbox();
    for (let i = 1; i <= 3; i++) await world.queued(inbox, { messages: i, minutesAgo: 10 - i });
    await world.change({ alpha: 1, beta: 0 });
    expect(await isRewritten(world)).toBe(true);
    expect(await best(world)).toEqual(await expected(world, byCount));
  });

  it('apply while the keys are rewritten, and a later run finishes the rest', async () => {
    const world = await World.create(app, { alpha: 0, beta: 1 });
    await fill(world, 500);
    await app.database.rows('update tenants set alpha = 1, beta = 0 where id = $1', [world.tenantId]);
    await leaveUnfinished(world);

    expect(await best(world)).toEqual(await expected(world, byCount));
    await app.run(QueueReranker);

    expect(await isRewritten(world)).toBe(true);
    expect(await best(world)).toEqual(await expected(world, byCount));
  });
});

describe('while keys are rewritten, of equally urgent conversations', () => {
  const settings = { maxMessageCount: 3, maxDelayMinutes: 10 };

  it('the one that waits longest comes first, even with fewer messages', async () => {
    const world = await World.create(app, settings);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.queued(inbox, { messages: 4, minutesAgo: 50 });
    for (const minutesAgo of [20, 25]) await world.queued(inbox, { messages: 5, minutesAgo });
    await asIfKeysWereRewritten(world);
    expect(await world.allocate(operator)).toMatchObject({ id });
  });

  it('the lower id comes first when they wait since the same moment', async () => {
    const world = await World.create(app, settings);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.queued(inbox, { messages: 4 });
    for (let i = 0; i < 2; i++) await world.queued(inbox, { messages: 5 });
    await app.database.rows(
      `update conversations set last_message_at = $2, basis_at = $2 where tenant_id = $1`,
      [world.tenantId, minutesBefore(20)],
    );
    await asIfKeysWereRewritten(world);
    expect(await world.allocate(operator)).toMatchObject({ id });
  });
});

describe('another delay basis', () => {
  it('applies at once', async () => {
    const world = await World.create(app, { alpha: 0, beta: 1 });
    const inbox = await fill(world, 2 * RERANK_BATCH);
    const operator = await world.operator({ inboxes: [inbox] });
    await app.database.rows(
      `update conversations
      set waiting_since = last_message_at - abs(hashtext(id::text) % 7200) * interval '1 second' where tenant_id = $1`,
      [world.tenantId],
    );
    await world.change({ delayBasis: 'WAITING_SINCE' });
    await until(() => isRewritten(world));
    expect(await best(world)).toEqual(await expected(world, byWait));

    await app.database.rows('update conversations set basis_at = last_message_at where tenant_id = $1', [
      world.tenantId,
    ]);
    await leaveUnfinished(world);
    expect(await best(world)).toEqual(await expected(world, byWait));
    const [first] = await expected(world, byWait);
    expect(await world.allocate(operator)).toMatchObject({ id: first });
  });
});
