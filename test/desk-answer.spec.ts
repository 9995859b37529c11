import { DeadlineExpiry } from '../src/deadlines/deadline-expiry.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { Desk } from './support/desk.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report } from './support/messages.js';
import { World, type Person } from './support/world.js';

let desk: Desk;
let world: World;
beforeAll(async () => {
  desk = await Desk.start();
});
beforeEach(async () => {
  world = await World.create(desk.app);
});
afterEach(() => expectInvariants(desk.app.database, world.tenantId));
afterAll(() => desk.stop());

const writes = (inbox: InboxResponse, externalConversationId: string) =>
  report(world, messageTo(inbox, { externalConversationId }));
const replies = (externalConversationId: string, inbox: InboxResponse, by?: Person) =>
  desk
    .post('/orchestrator/replies', world.orchestrator, {
      externalConversationId,
      inboxId: inbox.id,
      ...(by === undefined ? {} : { operatorId: by.id }),
    })
    .expect(200);
const deadlines = async (id: string) => {
  const rows = await desk.app.database.rows<{ kind: string }>(
    'select kind from deadlines where tenant_id = $1 and conversation_id = $2',
    [world.tenantId, id],
  );
  return rows.map(({ kind }) => kind);
};
const runsOut = async (id: string) => {
  await desk.ends('REPLY', id);
  await desk.next().run(DeadlineExpiry);
};

it('begins with the holder and with the customer, and ends with a reply of anybody', async () => {
  const inbox = await world.inbox({ replyWithinSeconds: 60 });
  const olivia = await world.operator({ inboxes: [inbox] });
  const { id, externalConversationId } = await world.queued(inbox);
  expect(await deadlines(id)).toEqual([]);
  await world.claim(id, olivia);
  expect(await deadlines(id)).toEqual(['REPLY']);

  await replies(externalConversationId, inbox, await world.operator());
  expect(await deadlines(id)).toEqual([]);
  await writes(inbox, externalConversationId);
  expect(await deadlines(id)).toEqual(['REPLY']);

  // Who gets it after a reply has nothing to reply to.
  await replies(externalConversationId, inbox);
  await world.deallocate(id);
  await world.claim(id, olivia);
  expect(await deadlines(id)).toEqual([]);
});

it('is reported once for each wait, also with another holder', async () => {
  const inbox = await world.inbox({ replyWithinSeconds: 60 });
  const [olivia, oscar] = [await world.operator({ inboxes: [inbox] }), await world.operator()];
  const { id, externalConversationId } = await world.allocated(inbox, olivia);
  await runsOut(id);
  expect(await world.conversation(id)).toMatchObject({ assignedOperatorId: olivia.id });
  expect(await deadlines(id)).toEqual([]);
  await desk
    .post('/allocation/reassign', world.admin, { conversationId: id, operatorId: oscar.id })
    .expect(200);
  await runsOut(id);
  const overdue = async () =>
    (await world.history(id)).filter((type) => type === 'conversation.reply_overdue').length;
  expect(await overdue()).toBe(1);

  await replies(externalConversationId, inbox);
  await writes(inbox, externalConversationId);
  await runsOut(id);
  expect(await overdue()).toBe(2);
});

it('with REQUEUE goes to somebody else', async () => {
  const inbox = await world.inbox({
    replyWithinSeconds: 60,
    onReplyOverdue: 'REQUEUE',
    distribution: 'LEAST_LOADED',
  });
  const olivia = await world.operator({ inboxes: [inbox] });
  const { id, waitingSince } = await world.queued(inbox, { minutesAgo: 30 });
  const oscar = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
  await runsOut(id);
  // Nobody else is there.
  expect(await world.conversation(id)).toMatchObject({ assignedOperatorId: olivia.id, waitingSince });
  await world.setStatus(oscar, 'AVAILABLE');
  await runsOut(id);

  expect(await world.conversation(id)).toMatchObject({ assignedOperatorId: oscar.id, waitingSince });
  expect((await world.history(id)).slice(-2)).toEqual([
    'conversation.unanswered',
    'conversation.distributed',
  ]);
  expect(await deadlines(id)).toEqual(['REPLY']);
});

it('does not concern an inbox that does not ask for it', async () => {
  const inbox = await world.inbox();
  const { id, externalConversationId } = await world.allocated(
    inbox,
    await world.operator({ inboxes: [inbox] }),
  );
  await replies(externalConversationId, inbox);
  await writes(inbox, externalConversationId);
  expect(await deadlines(id)).toEqual([]);
});
