import { DeadlineExpiry } from '../src/deadlines/deadline-expiry.js';
import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TIMES } from './support/chance.js';
import { Desk } from './support/desk.js';
import { expectInvariants } from './support/invariants.js';
import { define, labelling } from './support/labelling.js';
import { refused } from './support/refused.js';
import { World, type Person } from './support/world.js';

const RACES = 12 * TIMES;

let desk: Desk;
let world: World;
let inbox: InboxResponse;
let olivia: Person;
beforeAll(async () => {
  desk = await Desk.start();
});
beforeEach(async () => {
  world = await World.create(desk.app);
  // What is not accepted goes to the next one as backlog, which is paced otherwise.
  await world.change({ backlogPerMinute: null });
  inbox = await world.inbox({ distribution: 'LEAST_LOADED', acceptWithinSeconds: 30 });
  olivia = await world.operator({ inboxes: [inbox], maxLoad: 3 });
});
afterEach(() => expectInvariants(desk.app.database, world.tenantId));
afterAll(() => desk.stop());

const pushed = async (holder = olivia): Promise<ConversationResponse> => {
  const conversation = await world.queued(inbox);
  expect(conversation).toMatchObject({ state: 'ALLOCATED', assignedOperatorId: holder.id });
  expect(conversation.acceptBy).not.toBeNull();
  return conversation;
};
const accept = (by: Person, conversationId: string) =>
  desk.post('/allocation/accept', by.headers, { conversationId });
const statusOf = async ({ id }: Person) =>
  (await desk.app.call('get', `/operators/${id}/status`, world.admin).expect(200)).body as { status: string };
const misses = async (id: string) => {
  await desk.ends('ACCEPT', id);
  await desk.next().run(DeadlineExpiry);
};

it('is load from the first moment, and accepting it ends the deadline', async () => {
  const given = await pushed();
  const accepted = await desk.act('accept', olivia.headers, given.id);

  expect(accepted).toMatchObject({ state: 'ALLOCATED', acceptBy: null, version: given.version + 1 });
  expect((await desk.act('accept', olivia.headers, given.id)).version).toBe(accepted.version);
  expect((await world.history(given.id)).at(-1)).toBe('conversation.accepted');
  await desk.next().run(DeadlineExpiry);
  expect((await world.conversation(given.id)).assignedOperatorId).toBe(olivia.id);
});

it('asks only for what was pushed', async () => {
  await world.setStatus(olivia, 'OFFLINE');
  const { id } = await world.queued(inbox);
  const { body } = await desk
    .post('/allocation/reassign', world.admin, { conversationId: id, operatorId: olivia.id })
    .expect(200);
  expect((body as { conversation: ConversationResponse }).conversation.acceptBy).toBeNull();
});

it.each<[string, (id: string, thread: string) => PromiseLike<unknown>, string | undefined]>([
  [
    'a reply',
    (_, externalConversationId) =>
      desk.post('/orchestrator/replies', world.orchestrator, { externalConversationId }).expect(200),
    'Replied',
  ],
  [
    'a label',
    async (id) => labelling(world, 'put', { id }, await define(world, inbox), olivia.headers).expect(204),
    'Labelled',
  ],
  ['parking', (id) => desk.act('park', olivia.headers, id), 'Parked'],
  ['a resolve', (id) => world.resolve(id, olivia.headers), undefined],
])('%s by the holder accepts it, and a miss before no longer counts', async (_name, act, reason) => {
  await misses((await pushed()).id);
  const others = desk.app.database.rows('select in_a_row from missed_acceptances where tenant_id = $1', [
    world.tenantId,
  ]);
  expect(await others).toEqual([{ in_a_row: 1 }]);
  const { id, externalConversationId } = await pushed();

  await act(id, externalConversationId);

  const { body } = await desk.app.call('get', `/conversations/${id}/history`, world.admin);
  const accepted = (body as { data: { type: string; reason: string }[] }).data.find(
    ({ type }) => type === 'conversation.accepted',
  );
  expect(accepted?.reason).toBe(reason);
  expect(
    await desk.app.database.rows('select 1 from missed_acceptances where tenant_id = $1', [world.tenantId]),
  ).toEqual([]);
});

it('the reply of somebody else accepts nothing', async () => {
  const { id, externalConversationId } = await pushed();
  const oscar = await world.operator();
  await desk
    .post('/orchestrator/replies', world.orchestrator, { externalConversationId, operatorId: oscar.id })
    .expect(200);
  expect((await world.conversation(id)).acceptBy).not.toBeNull();
});

it('what is missed goes to somebody else, and after two in a row its operator is PAUSED', async () => {
  const first = await pushed();
  const oscar = await world.operator({ inboxes: [inbox], maxLoad: 9 });
  await misses(first.id);

  expect(await world.conversation(first.id)).toMatchObject({
    state: 'ALLOCATED',
    assignedOperatorId: oscar.id,
  });
  expect((await world.history(first.id)).slice(-2)).toEqual([
    'conversation.not_accepted',
    'conversation.distributed',
  ]);
  expect((await statusOf(olivia)).status).toBe('AVAILABLE');
  await desk.act('accept', oscar.headers, first.id);
  const second = await pushed();
  await misses(second.id);

  expect((await statusOf(olivia)).status).toBe('PAUSED');
  expect(await world.conversation(second.id)).toMatchObject({ assignedOperatorId: oscar.id });
  const { body } = await desk.app.call('get', '/events?type=operator.paused', world.admin).expect(200);
  expect((body as { data: object[] }).data).toMatchObject([
    { actor: { type: 'SYSTEM' }, to: { operatorId: olivia.id } },
  ]);
  await world.setStatus(oscar, 'OFFLINE');
  expect(await world.queued(inbox)).toMatchObject({ state: 'QUEUED' });
});

it('an acceptance in between makes the misses begin anew', async () => {
  await misses((await pushed()).id);
  await desk.act('accept', olivia.headers, (await pushed()).id);
  await misses((await pushed()).id);
  expect((await statusOf(olivia)).status).toBe('AVAILABLE');
});

it('is refused to those who do not hold it', async () => {
  const { id } = await pushed();
  const oscar = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
  const stranger = await world.operator();
  await refused(accept(oscar, id), 'FORBIDDEN');
  await refused(accept(stranger, id), 'NOT_FOUND');
  await refused(desk.post('/allocation/accept', world.admin, { conversationId: id }), 'FORBIDDEN');
  await refused(desk.post('/allocation/accept', world.orchestrator, { conversationId: id }), 'FORBIDDEN');
  await world.resolve(id);
  await refused(accept(olivia, id), 'CONVERSATION_NOT_ALLOCATED', { state: 'RESOLVED' });
});

it('of accept and expiry at once exactly one wins, and the loser hears who has it', async () => {
  await world.change({ missesBeforePause: 100 });
  const oscar = await world.operator({ inboxes: [inbox], maxLoad: 1_000, weight: 1_000 });
  await world.setStatus(oscar, 'OFFLINE');
  const tally = { accepted: 0, missed: 0 };
  for (let i = 0; i < RACES; i++) {
    const { id } = await pushed();
    await world.setStatus(oscar, 'AVAILABLE');
    await desk.ends('ACCEPT', id);
    const [told] = await Promise.all([accept(olivia, id), desk.app.run(DeadlineExpiry)]);
    // The one who lost may have found the other at work.
    await desk.app.run(DeadlineExpiry);

    const history = await world.history(id);
    const ends = history.filter((type) => /accepted$/.test(type));
    expect(ends).toHaveLength(1);
    if (ends[0] === 'conversation.accepted') {
      expect(told.status).toBe(200);
      expect((await world.conversation(id)).assignedOperatorId).toBe(olivia.id);
      tally.accepted++;
    } else {
      expect(told.body).toMatchObject({ status: 409, code: 'CONVERSATION_NOT_ALLOCATED' });
      const { state, assignedOperatorId } = told.body as { state: string; assignedOperatorId: string | null };
      expect([
        ['QUEUED', null],
        ['ALLOCATED', oscar.id],
      ]).toContainEqual([state, assignedOperatorId]);
      expect((await world.conversation(id)).assignedOperatorId).toBe(oscar.id);
      tally.missed++;
    }
    await world.resolve(id);
    await world.setStatus(oscar, 'OFFLINE');
  }
  expect(tally.accepted + tally.missed).toBe(RACES);
});
