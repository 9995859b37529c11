import { LOWEST_ID } from '../src/database/id.js';
import { QueueReranker, RERANK_BATCH } from '../src/tenants/queue-reranker.js';
import { TestApplication } from './support/application.js';
import { minutesBefore, World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

/** So many waiting conversations; the older, the fewer messages. */
async function fill(world: World, count: number): Promise<void> {
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
    'update conversations set message_count = 1 + (902 - ceil(extract(epoch from now() - last_message_at) / 60))::int / 10 where tenant_id = $1',
    [world.tenantId],
  );
}

interface Listed {
  id: string;
  messageCount: number;
  lastMessageAt: string;
}

async function best(world: World): Promise<Listed[]> {
  const { body } = await app.call('get', '/conversations?sort=priority&limit=100', world.admin).expect(200);
  return (body as { data: Listed[] }).data;
}

const byCount = (a: Listed, b: Listed) =>
  b.messageCount - a.messageCount ||
  a.lastMessageAt.localeCompare(b.lastMessageAt) ||
  a.id.localeCompare(b.id);
const byAge = (a: Listed, b: Listed) =>
  a.lastMessageAt.localeCompare(b.lastMessageAt) || a.id.localeCompare(b.id);

const progress = (world: World) =>
  app.database.rows('select reranked_up_to from tenants where id = $1', [world.tenantId]);

/** The whole queue in the order it should have, from the rows themselves. */
async function expected(world: World, order: typeof byCount): Promise<string[]> {
  const rows = await app.database.rows<Listed>(
    // Always with milliseconds, like the API: a text without them at a full second sorts last.
    `select id, least(message_count, 100) as "messageCount",
      to_char(last_message_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "lastMessageAt"
    from conversations where tenant_id = $1`,
    [world.tenantId],
  );
  return rows
    .sort(order)
    .slice(0, 100)
    .map(({ id }) => id);
}

describe('changed weights', () => {
  it('give a queue longer than a batch its new order, all of it', async () => {
    const world = await World.create(app, { alpha: 0, beta: 1 });
    await fill(world, 2 * RERANK_BATCH + 500);
    expect((await best(world)).map(({ id }) => id)).toEqual(await expected(world, byAge));

    await app.call('patch', '/tenant/settings', world.admin).send({ alpha: 1, beta: 0 }).expect(200);

    expect((await best(world)).map(({ id }) => id)).toEqual(await expected(world, byCount));
    expect(await progress(world)).toEqual([{ reranked_up_to: null }]);
  });

  it('hold from the first moment, while the keys are rewritten, and a later run finishes what was left', async () => {
    const world = await World.create(app, { alpha: 0, beta: 1 });
    await fill(world, 500);
    // As if the instance had died right after the change.
    await app.database.rows('update tenants set alpha = 1, beta = 0, reranked_up_to = $2 where id = $1', [
      world.tenantId,
      LOWEST_ID,
    ]);

    expect((await best(world)).map(({ id }) => id)).toEqual(await expected(world, byCount));
    await app.nest.get(QueueReranker).runOnce();

    expect(await progress(world)).toEqual([{ reranked_up_to: null }]);
    expect((await best(world)).map(({ id }) => id)).toEqual(await expected(world, byCount));
  });
});
