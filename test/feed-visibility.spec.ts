import type { Client } from 'pg';
import type { FeedPageResponse } from '../src/feed/feed-responses.js';
import { TestApplication } from './support/application.js';
import { sessionsWaiting } from './support/faults/locks.js';
import { insertEntry } from './support/ledger-entries.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
let somebody: Client;
beforeAll(async () => {
  app = await TestApplication.start();
  somebody = await app.database.session();
});
afterAll(() => app.stop());

async function read({ headers }: Person, after?: string): Promise<FeedPageResponse> {
  const query = after === undefined ? {} : { after };
  return (await app.call('get', '/events', headers).query(query).expect(200)).body as FeedPageResponse;
}

it('the feed skips no entry of an inbox to which an OPERATOR is just being subscribed', async () => {
  const world = await World.create(app);
  const [one, other] = [await world.inbox(), await world.inbox()];
  const operator = await world.operator({ inboxes: [one] });
  // Their own coming.
  const { nextCursor } = await read(operator);
  await somebody.query('begin');
  await somebody.query('lock table conversation_events in access exclusive mode');
  // It has asked for their inboxes, and now it wants to read the entries.
  const asked = read(operator, nextCursor);
  await sessionsWaiting(app.database, 1);
  await somebody.query('insert into subscriptions (tenant_id, inbox_id, operator_id) values ($1, $2, $3)', [
    world.tenantId,
    other.id,
    operator.id,
  ]);
  await insertEntry(somebody, world.tenantId, 'In the inbox that is new to them', other.id);
  // As another reader would: this one has done it before it asked for the inboxes.
  await somebody.query('select assign_feed_positions($1, 1)', [world.tenantId]);
  await somebody.query('commit');

  const { data } = await asked;

  expect(data.map(({ inboxId }) => inboxId)).toEqual([other.id]);
});
