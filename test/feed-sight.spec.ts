import { Client } from 'pg';
import type { FeedPageAnswer } from '../src/feed/feed-answers.js';
import { TestApplication } from './support/application.js';
import { sessionsWaiting } from './support/faults/locks.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
let somebody: Client;
beforeAll(async () => {
  app = await TestApplication.start();
  somebody = new Client({ connectionString: app.database.url });
  await somebody.connect();
});
afterAll(async () => {
  await somebody.end();
  await app.stop();
});

async function read({ headers }: Person, after?: string): Promise<FeedPageAnswer> {
  const query = after === undefined ? {} : { after };
  return (await app.call('get', '/events', headers).query(query).expect(200)).body as FeedPageAnswer;
}

/** Entries appear when older transactions of the server have ended, also those of other tests. */
async function readSomething(operator: Person, after?: string): Promise<FeedPageAnswer> {
  let page = await read(operator, after);
  for (const end = Date.now() + 15_000; page.data.length === 0 && Date.now() < end;)
    page = await read(operator, page.nextCursor);
  return page;
}

it('the feed does not pass what happens in an inbox that an OPERATOR is given in this very moment', async () => {
  const world = await World.create(app);
  const [one, other] = [await world.inbox(), await world.inbox()];
  const operator = await world.operator({ inboxes: [one] });
  // Their own coming.
  const { nextCursor } = await readSomething(operator);
  await somebody.query('begin');
  await somebody.query('lock table conversation_events in access exclusive mode');
  // It has asked for their inboxes, and now it wants to read the entries.
  const asked = readSomething(operator, nextCursor);
  await sessionsWaiting(app.database, 1);
  await somebody.query('insert into subscriptions (tenant_id, inbox_id, operator_id) values ($1, $2, $3)', [
    world.tenantId,
    other.id,
    operator.id,
  ]);
  await somebody.query(
    `insert into conversation_events (tenant_id, id, type, actor_type, reason, inbox_id)
     values ($1, gen_random_uuid(), 'operator.available', 'SYSTEM', 'In the inbox that is new to them', $2)`,
    [world.tenantId, other.id],
  );
  await somebody.query('commit');

  const { data } = await asked;

  expect(data.map(({ inboxId }) => inboxId)).toEqual([other.id]);
});
