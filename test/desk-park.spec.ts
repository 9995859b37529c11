import { DeadlineExpiry } from '../src/deadlines/deadline-expiry.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { Desk } from './support/desk.js';
import { expectInvariants } from './support/invariants.js';
import { atOnce } from './support/instances.js';
import { messageTo, report } from './support/messages.js';
import { refused } from './support/refused.js';
import { World, type Person } from './support/world.js';

let desk: Desk;
let world: World;
let inbox: InboxResponse;
beforeAll(async () => {
  desk = await Desk.start();
});
beforeEach(async () => {
  world = await World.create(desk.app, { maxParked: 3 });
  inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
});
afterEach(() => expectInvariants(desk.app.database, world.tenantId));
afterAll(() => desk.stop());

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const someone = (maxLoad = 1) => world.operator({ inboxes: [inbox], maxLoad });
const writes = (externalConversationId: string) =>
  report(world, messageTo(inbox, { externalConversationId, messageId: Math.random().toString() }));
const parked = async (holder: Person, more: object = {}) => {
  const { id } = await world.queued(inbox);
  return desk.act('park', holder.headers, id, more);
};

it('makes room for another one, and the customer who writes brings it back above maxLoad', async () => {
  const holder = await someone();
  const first = await world.queued(inbox);
  const second = await world.queued(inbox);
  expect(second.state).toBe('QUEUED');

  const kept = await desk.act('park', holder.headers, first.id, { until: inAnHour() });
  expect(kept).toMatchObject({ state: 'ALLOCATED', assignedOperatorId: holder.id, isParked: true });
  expect(kept.parkedUntil).not.toBeNull();
  expect(await world.conversation(second.id)).toMatchObject({ assignedOperatorId: holder.id });
  const third = await world.queued(inbox);

  await writes(first.externalConversationId);
  expect(await world.conversation(first.id)).toMatchObject({ isParked: false, parkedUntil: null });
  expect((await world.history(first.id)).slice(-2)).toEqual(['conversation.parked', 'conversation.unparked']);
  await world.resolve(second.id, holder.headers);
  // The first one is load again, so the third waits on.
  expect(await world.conversation(third.id)).toMatchObject({ state: 'QUEUED' });
  await world.resolve(first.id, holder.headers);
  expect(await world.conversation(third.id)).toMatchObject({ assignedOperatorId: holder.id });
});

it('ends at its time, and when the holder says so', async () => {
  const holder = await someone(2);
  const [late, early] = [await parked(holder, { until: inAnHour() }), await parked(holder)];
  await desk.ends('PARK', late.id);

  await desk.next().run(DeadlineExpiry);

  expect(await world.conversation(late.id)).toMatchObject({ isParked: false, assignedOperatorId: holder.id });
  expect(await world.conversation(early.id)).toMatchObject({ isParked: true });
  expect(await desk.act('unpark', holder.headers, early.id)).toMatchObject({ isParked: false });
  const again = await desk.act('unpark', holder.headers, early.id);
  expect(again.version).toBe((await world.conversation(early.id)).version);
  const { body } = await desk.app.call('get', `/conversations/${late.id}/history`, world.admin);
  expect((body as { data: object[] }).data.at(-1)).toMatchObject({
    type: 'conversation.unparked',
    actor: { type: 'SYSTEM' },
  });
});

it('has its time changed by parking again', async () => {
  const holder = await someone();
  const { id } = await parked(holder, { until: inAnHour() });
  const sooner = new Date(Date.now() + 60_000).toISOString();

  expect(await desk.act('park', holder.headers, id, { until: sooner })).toMatchObject({
    parkedUntil: sooner,
  });
  const same = await desk.act('park', holder.headers, id, { until: sooner });
  const open = await desk.act('park', holder.headers, id);

  expect(open).toMatchObject({ isParked: true, parkedUntil: null, version: same.version + 1 });
});

it('refuses times that are past or absurd, and what is not held', async () => {
  const holder = await someone();
  const other = await someone();
  const elsewhere = await world.operator();
  const { id } = await world.queued(inbox);
  const { assignedOperatorId } = await world.conversation(id);
  const [mine, theirs] = assignedOperatorId === holder.id ? [holder, other] : [other, holder];
  const park = (by: Person, more: object = {}) =>
    desk.post('/allocation/park', by.headers, { conversationId: id, ...more });
  const inYears = (years: number) => new Date(Date.now() + years * 366 * 86_400_000).toISOString();

  for (const until of [inYears(-1), inYears(2), '9999-12-31T23:59:59Z', 'tomorrow', 3_600]) {
    await refused(park(mine, { until }), 'VALIDATION_FAILED');
  }
  await refused(park(theirs), 'FORBIDDEN');
  await refused(park(elsewhere), 'NOT_FOUND');
  await refused(desk.post('/allocation/park', world.admin, { conversationId: id }), 'FORBIDDEN');
  await refused(desk.post('/allocation/unpark', theirs.headers, { conversationId: id }), 'FORBIDDEN');
  await world.resolve(id);
  await refused(park(mine), 'CONVERSATION_NOT_ALLOCATED');
  expect(await world.history(id)).not.toContain('conversation.parked');
});

it('stops at maxParked, whatever comes at once', async () => {
  const holder = await someone(6);
  const ids: string[] = [];
  for (let i = 0; i < 6; i++) ids.push((await world.queued(inbox)).id);

  const told = await atOnce(6, (i) =>
    desk.post('/allocation/park', holder.headers, { conversationId: ids[i]! }),
  );

  expect(told.map(({ status }) => status).sort()).toEqual([200, 200, 200, 409, 409, 409]);
  const refusals = told
    .filter(({ status }) => status === 409)
    .map(({ body }) => (body as { code: string }).code);
  expect(new Set(refusals)).toEqual(new Set(['OPERATOR_AT_PARK_LIMIT']));
});

it('ends with the holder: by a reassign, a deallocation, a grace period and a resolve', async () => {
  const holder = await someone(4);
  const colleague = await world.operator();
  await world.change({ maxParked: 20, gracePeriodSeconds: 0 });
  const given = await parked(holder, { until: inAnHour() });
  const closed = await parked(holder, { until: inAnHour() });
  const left = await parked(holder, { until: inAnHour() });

  const { body } = await desk
    .post('/allocation/reassign', world.admin, { conversationId: given.id, operatorId: colleague.id })
    .expect(200);
  await world.resolve(closed.id, holder.headers);
  await world.setStatus(holder, 'OFFLINE');

  expect((body as { conversation: object }).conversation).toMatchObject({
    isParked: false,
    parkedUntil: null,
  });
  expect(await world.conversation(closed.id)).toMatchObject({ state: 'RESOLVED', isParked: false });
  expect(await world.conversation(left.id)).toMatchObject({ state: 'QUEUED', isParked: false });
  const rows = await desk.app.database.rows('select 1 from deadlines where tenant_id = $1', [world.tenantId]);
  expect(rows).toEqual([]);
});
