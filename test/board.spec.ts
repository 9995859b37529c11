import type { Board } from '../src/board/board.js';
import type { FeedPageResponse } from '../src/feed/feed-responses.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import type { OperatorResponse } from '../src/operators/operator.js';
import { ActivityFold } from '../src/stats/activity-fold.js';
import { Attendance } from '../src/waits/attendance.js';
import { TestApplication } from './support/application.js';
import { atOnce } from './support/instances.js';
import { messageTo, report, reportBatch } from './support/messages.js';
import { direct } from './support/settings.js';
import { tell } from './support/story.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app);
});
afterAll(() => app.stop());

const board = async (by = world.admin): Promise<Board> =>
  (await app.call('get', '/board', by).expect(200)).body as Board;
const claimed = async (inbox: InboxResponse, by: Person, minutes: number) => {
  const { conversation } = await report(world, messageTo(inbox, { occurredAt: minutesAgo(minutes) }));
  return world.claim(conversation.id, by);
};
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

it('tells of every inbox what waits, who is there, and what came of the last hour', async () => {
  const inbox = await world.inbox({ waitTargetSeconds: 600 });
  const empty = await world.inbox();
  const olivia = await world.operator({ inboxes: [inbox, empty], maxLoad: 3 });
  const oscar = await world.operator({ inboxes: [inbox], maxLoad: 2 });
  await world.setStatus(oscar, 'PAUSED');
  const old = await report(world, messageTo(inbox, { occurredAt: minutesAgo(30), displayName: 'Ben Buyer' }));
  for (const minutes of [20, 5, 1])
    await report(world, messageTo(inbox, { occurredAt: minutesAgo(minutes) }));
  const taken = await claimed(inbox, olivia, 8);
  await claimed(inbox, olivia, 2);
  await world.resolve(taken.id);

  const told = await board();
  const row = told.inboxes.find(({ inboxId }) => inboxId === inbox.id)!;
  expect(row).toMatchObject({
    name: inbox.name,
    waiting: 4,
    oldestConversationId: old.conversation.id,
    oldestWaitingSince: old.conversation.waitingSince,
    oldestCustomerName: 'Ben Buyer',
    overTarget: 2,
    arrivals: 6,
    given: 2,
    resolved: 1,
    operators: { available: 1, paused: 1, offline: 0 },
    freeCapacity: 2,
  });
  // Of 120 and 480 seconds, interpolated.
  expect(row.waitP50).toBeCloseTo(300, -1);
  expect(row.waitP90).toBeCloseTo(444, -1);
  expect(told.inboxes.find(({ inboxId }) => inboxId === empty.id)).toMatchObject({
    waiting: 0,
    oldestConversationId: null,
    oldestWaitingSince: null,
    overTarget: 0,
    waitP50: null,
    waitP90: null,
    given: 0,
    operators: { available: 1, paused: 0, offline: 0 },
    freeCapacity: 2,
  });
  const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
  expect([sum(told.lastHour.arrivals), sum(told.lastHour.given)]).toEqual([6, 2]);
  expect(told.lastHour.arrivals).toHaveLength(12);
});

it('tells of the last hour in intervals of whole minutes, whether the ledger is folded or not', async () => {
  const [one, two] = [await world.inbox({ name: 'One' }), await world.inbox({ name: 'Two' })];
  const olivia = await world.operator();
  const now = Date.now();
  for (const [inbox, created, claimed, resolved] of [
    [one, 90, 62, 1],
    [one, 31, 30, 2],
    [two, 30, 11, 10],
    [two, 75, 64, 63],
  ] as const) {
    const at = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
    await tell(world, inbox, [
      { type: 'created', at: at(created) },
      { type: 'claimed', at: at(claimed), to: olivia.id },
      { type: 'resolved', at: at(resolved) },
      { type: 'reopened', at: at(resolved) },
    ]);
  }
  for (const folded of [false, true]) {
    if (folded) await app.run(ActivityFold);
    const { asOf, lastHour, inboxes } = await board();
    const begin = Date.parse(lastHour.startsAt);
    expect(begin % 60_000).toBe(0);
    expect(begin + 3_600_000 - Date.parse(asOf)).toBeGreaterThan(0);
    expect(begin + 3_600_000 - Date.parse(asOf)).toBeLessThanOrEqual(60_000);
    const slots = (...minutes: number[]) => {
      const counts = Array.from({ length: 12 }, () => 0);
      for (const minute of minutes) counts[Math.floor((now - minute * 60_000 - begin) / 300_000)]!++;
      return counts;
    };
    expect(lastHour.arrivals).toEqual(slots(1, 31, 2, 30, 10));
    expect(lastHour.given).toEqual(slots(30, 11));
    expect(inboxes).toMatchObject([
      { name: 'One', arrivals: 3, given: 1, resolved: 2, waitP50: 60, waitP90: 60 },
      { name: 'Two', arrivals: 2, given: 1, resolved: 1, waitP50: 1_140, waitP90: 1_140 },
    ]);
  }
});

it('tells of every operator the status, the load, what is parked and when they were last given something', async () => {
  const inbox = await world.inbox();
  const olivia = await world.operator({ inboxes: [inbox], maxLoad: 3 });
  const oscar = await world.operator({ inboxes: [inbox], maxLoad: null });
  for (let i = 0; i < 3; i++) await world.queued(inbox);
  const parked = await world.allocate(olivia);
  await world.allocate(olivia);
  await app.call('post', '/allocation/park', olivia.headers).send({ conversationId: parked!.id }).expect(200);
  await app
    .call('put', `/operators/${oscar.id}/status`, oscar.headers)
    .send({ status: 'PAUSED', reason: 'Lunch' })
    .expect(200);
  const gone = await world.operator();
  await world.deactivate(gone);

  const told = await board();
  const of = (person: Person) => told.operators.find(({ operatorId }) => operatorId === person.id);
  expect(of(olivia)).toMatchObject({
    status: 'AVAILABLE',
    load: 1,
    parked: 1,
    maxLoad: 3,
    inboxIds: [inbox.id],
  });
  expect(of(oscar)).toMatchObject({
    status: 'PAUSED',
    reason: 'Lunch',
    load: 0,
    maxLoad: null,
    lastGivenAt: null,
  });
  expect(of(gone)).toBeUndefined();
  const given = of(olivia)!.lastGivenAt;
  expect(given).not.toBeNull();
  // An hour later the totals of the ledger say it.
  await app.run(ActivityFold);
  expect((await board()).operators.find(({ operatorId }) => operatorId === olivia.id)?.lastGivenAt).toBe(
    given,
  );
});

it('writes names, reasons and times of operators as every response does', async () => {
  const inboxes = [await world.inbox(), await world.inbox()];
  const name = 'Zoë "Q" \\ O’Neil عمر 👩🏽‍💻 </script>';
  const zoe = await world.operator({ inboxes, name });
  const reason = 'Back at "noon" \\ 🥪';
  await app
    .call('put', `/operators/${zoe.id}/status`, zoe.headers)
    .send({ status: 'PAUSED', reason })
    .expect(200);
  const { body: before } = await app.call('get', `/operators/${zoe.id}`, world.admin).expect(200);
  expect((await board()).operators.find(({ operatorId }) => operatorId === zoe.id)).toEqual({
    operatorId: zoe.id,
    name,
    status: 'PAUSED',
    reason,
    since: (before as OperatorResponse).lastStatusChangeAt,
    load: 0,
    parked: 0,
    maxLoad: zoe.maxLoad,
    lastGivenAt: null,
    inboxIds: inboxes.map(({ id }) => id).sort(),
  });
});

it('says the same with one connection as with two', async () => {
  const alone = await app.another({ ...direct(app.database.url), DATABASE_POOL_SIZE: '1' });
  try {
    const inbox = await world.inbox({ waitTargetSeconds: 60 });
    const olivia = await world.operator({ inboxes: [inbox] });
    await report(world, messageTo(inbox, { occurredAt: minutesAgo(5) }));
    await claimed(inbox, olivia, 8);
    const { asOf, ...expected } = await board();
    const { body } = await alone.call('get', '/board', world.admin).expect(200);
    const { asOf: later, ...told } = body as Board;
    expect(Date.parse(later)).toBeGreaterThan(Date.parse(asOf));
    expect(told).toEqual({ ...expected, lastHour: told.lastHour });
  } finally {
    await alone.stop();
  }
});

it('says what needs attention, the worst first', async () => {
  const late = await world.inbox({ waitTargetSeconds: 60 });
  const alone = await world.inbox();
  const replying = await world.inbox({ replyWithinSeconds: 300 });
  const olivia = await world.operator({ inboxes: [late, replying] });
  const away = await world.operator({ inboxes: [replying] });
  const waiting = await report(world, messageTo(late, { occurredAt: minutesAgo(3) }));
  const unattended = await world.queued(alone);
  const held = await report(world, messageTo(replying, { occurredAt: minutesAgo(6), displayName: 'Carla' }));
  await world.claim(held.conversation.id, olivia);
  const left = (await report(world, messageTo(replying))).conversation;
  await world.claim(left.id, away);
  await world.change({ gracePeriodSeconds: 300, unattendedSeconds: 1 });
  await world.setStatus(away, 'OFFLINE');

  await app.run(Attendance);
  await app.database.rows(`update unattended_inboxes set since = since - interval '1 minute'`);
  await app.run(Attendance);

  const { attention } = await board();
  expect(attention).toMatchObject([
    { kind: 'UNATTENDED', inboxId: alone.id, conversationId: unattended.id, operatorId: null },
    { kind: 'OVER_TARGET', inboxId: late.id, conversationId: waiting.conversation.id, operatorId: null },
    { kind: 'GRACE_ENDING', inboxId: replying.id, conversationId: left.id, operatorId: away.id },
    {
      kind: 'UNANSWERED',
      inboxId: replying.id,
      conversationId: held.conversation.id,
      operatorId: olivia.id,
      customerName: 'Carla',
    },
  ]);
  expect(attention[2]!.until).not.toBeNull();
});

it('belongs to one moment, and a client that follows from its cursor misses nothing', async () => {
  const inbox = await world.inbox();
  const people: Person[] = [];
  for (let i = 0; i < 4; i++) people.push(await world.operator({ inboxes: [inbox], maxLoad: 1_000 }));
  await reportBatch(
    world,
    Array.from({ length: 60 }, () => messageTo(inbox)),
  );
  const work = atOnce(4, async (i) => {
    for (let n = 0; n < 10; n++) await world.allocate(people[i]!);
  });
  const boards: Board[] = [];
  for (let n = 0; n < 6; n++) boards.push(await board());
  await work;

  for (const { inboxes, operators, cursor } of boards) {
    const { waiting } = inboxes.find(({ inboxId }) => inboxId === inbox.id)!;
    const load = operators.reduce((sum, operator) => sum + operator.load, 0);
    // Each is in the queue or with somebody, never in both and never in none.
    expect(waiting + load).toBe(60);
    const page = await app.call('get', `/events?limit=1000&after=${cursor}`, world.admin).expect(200);
    const later = (page.body as FeedPageResponse).data.filter(
      ({ type }) => type === 'conversation.allocated',
    );
    // At most those that were allocated between the cursor and the snapshot come once more.
    expect(later.length).toBeGreaterThanOrEqual(waiting - 20);
    expect(later.length).toBeLessThanOrEqual(40);
  }
});

it('is for managers and administrators', async () => {
  const [operator, manager] = [await world.operator(), await world.operator({ role: 'MANAGER' })];
  await board(manager.headers);
  await app.call('get', '/board', operator.headers).expect(403);
  await app.call('get', '/board', world.orchestrator).expect(403);
});
