import { ForgetOldPositions } from '../src/feed/forget-old-positions.js';
import type { FeedPageResponse } from '../src/feed/feed-responses.js';
import { ActivityFold } from '../src/stats/activity-fold.js';
import { TestApplication } from './support/application.js';
import { deliverUntil, hook, REACHABLE } from './support/hooked.js';
import { expectInvariants } from './support/invariants.js';
import { Receiver } from './support/receiver.js';
import { refused } from './support/refused.js';
import { StreamReader } from './support/stream-reader.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start({ ...REACHABLE, FEED_RETENTION_DAYS: '30' });
});
beforeEach(async () => {
  world = await World.create(app);
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

async function page(query: object = {}): Promise<FeedPageResponse> {
  const { body } = await app.call('get', '/events', world.admin).query(query).expect(200);
  return body as FeedPageResponse;
}

const conversationsIn = ({ data }: FeedPageResponse) => data.map(({ conversationId }) => conversationId);

/** Lets all that has happened have happened so long ago. Nothing of it may be in the statistics yet. */
async function letPass(days: number): Promise<void> {
  for (const change of [
    'update conversation_events set occurred_at = occurred_at - $2 * interval $$1 day$$ where tenant_id = $1',
    `update operators set last_status_change_at = last_status_change_at - $2 * interval $$1 day$$,
      created_at = created_at - $2 * interval $$1 day$$ where tenant_id = $1`,
  ])
    await app.database.rows(change, [world.tenantId, days]);
}

/** An old conversation of three entries and a young one, all of them in the statistics. */
async function oldAndYoung(): Promise<{ old: string; young: string }> {
  const inbox = await world.inbox();
  const { id: old } = await world.allocated(inbox, await world.operator({ inboxes: [inbox] }));
  await world.resolve(old);
  await letPass(31);
  const { id: young } = await world.queued(inbox);
  await app.run(ActivityFold);
  return { old, young };
}

it('takes old entries out of the feed, and nothing out of histories and statistics', async () => {
  const { old, young } = await oldAndYoung();
  const history = () => app.call('get', `/conversations/${old}/history`, world.admin).expect(200);
  const { body: before } = await history();
  expect(before).toMatchObject({ data: [{ version: 1 }, { version: 2 }, { version: 3 }] });
  expect(await app.run(ForgetOldPositions)).toBeGreaterThan(0);
  expect(conversationsIn(await page())).toEqual([young]);
  expect((await history()).body).toEqual(before);
  await expectInvariants(app.database);
});

it('refuses a cursor after which entries are missing, and no other', async () => {
  const begun = await page({ after: 'latest' });
  const { young } = await oldAndYoung();
  const stream = (after: string) => app.call('get', '/events/stream', world.admin).query({ after });
  const all = await page({ after: begun.nextCursor });
  const beforeLastOld = await page({ after: begun.nextCursor, limit: all.data.length - 2 });
  const afterOld = await page({ after: begun.nextCursor, limit: all.data.length - 1 });
  await app.run(ForgetOldPositions);
  for (const { nextCursor } of [begun, beforeLastOld]) {
    const { detail } = await refused(
      app.call('get', '/events', world.admin).query({ after: nextCursor }),
      'INVALID_CURSOR',
    );
    expect(detail).toContain('no longer in the feed');
    await refused(stream(nextCursor), 'INVALID_CURSOR');
  }
  expect(conversationsIn(await page({ after: afterOld.nextCursor }))).toEqual([young]);
  const reader = await StreamReader.open(app.url, world.admin, { after: afterOld.nextCursor });
  try {
    await reader.until(({ events }) => events.some(({ data }) => data.conversationId === young));
  } finally {
    reader.close();
  }
  expect(await page({ after: all.nextCursor })).toMatchObject({ data: [], hasMore: false });
});

it('keeps what a webhook has yet to read, also while it is disabled', async () => {
  const receiver = await Receiver.start();
  try {
    const { id } = await hook(world, receiver.url);
    const enable = (enabled: boolean) =>
      app.call('patch', `/webhooks/${id}`, world.admin).send({ enabled }).expect(200);
    await enable(false);
    const { old, young } = await oldAndYoung();
    const all = await page();
    await app.run(ForgetOldPositions);
    expect(await page()).toEqual(all);
    await enable(true);
    await deliverUntil(app, () => receiver.received.length >= all.data.length);
    await app.run(ForgetOldPositions);
    expect(conversationsIn(all)).toContain(old);
    expect(conversationsIn(await page())).toEqual([young]);
  } finally {
    await receiver.stop();
  }
});

it('keeps what is not in the statistics yet, and the last entry, after which the next one follows', async () => {
  const inbox = await world.inbox();
  const [first, second] = [await world.queued(inbox), await world.queued(inbox)];
  await page();
  await letPass(31);
  await app.run(ForgetOldPositions);
  expect(conversationsIn(await page())).toEqual([first.id, second.id]);
  await app.run(ActivityFold);
  await app.run(ForgetOldPositions);
  const left = await page();
  expect(conversationsIn(left)).toEqual([second.id]);
  const third = await world.queued(inbox);
  expect(conversationsIn(await page({ after: left.nextCursor }))).toEqual([third.id]);
});
