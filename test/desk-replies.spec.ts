import { randomUUID } from 'node:crypto';
import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { BatchItemResult } from '../src/ingest/message.js';
import type { ReplyResult } from '../src/ingest/reply.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { Desk } from './support/desk.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report } from './support/messages.js';
import { invalid, refused } from './support/refused.js';
import { World } from './support/world.js';

let desk: Desk;
let world: World;
let inbox: InboxResponse;
beforeAll(async () => {
  desk = await Desk.start();
});
beforeEach(async () => {
  world = await World.create(desk.app);
  inbox = await world.inbox();
});
afterEach(() => expectInvariants(desk.app.database, world.tenantId));
afterAll(() => desk.stop());

/** An hour ago, read once for all: a minute may end between two looks at the clock. */
const AN_HOUR_AGO = Date.now() - 3_600_000;
const at = (minute: number) => new Date(AN_HOUR_AGO + minute * 60_000).toISOString();
const writes = (thread: string, fields: object = {}) =>
  report(world, messageTo(inbox, { externalConversationId: thread, ...fields }));
const reply = (thread: string, fields: object = {}) =>
  desk.post('/orchestrator/replies', world.orchestrator, { externalConversationId: thread, ...fields });
const replies = async (thread: string, fields: object = {}) =>
  (await reply(thread, fields).expect(200)).body as ReplyResult;
const batch = async (...messages: object[]) => {
  const { body } = await desk
    .post('/orchestrator/messages/batch', world.orchestrator, { messages })
    .expect(200);
  return (body as { results: BatchItemResult[] }).results;
};
const times = ({ lastReplyAt, awaitingReplySince }: ConversationResponse) => ({
  lastReplyAt,
  awaitingReplySince,
});

it('end the wait for one, until the customer writes again', async () => {
  const { conversation } = await writes('t', { occurredAt: at(1) });
  expect(times(conversation)).toEqual({ lastReplyAt: null, awaitingReplySince: at(1) });
  await writes('t', { occurredAt: at(2) });

  const answered = await replies('t', { occurredAt: at(3) });
  expect(times(answered.conversation)).toEqual({ lastReplyAt: at(3), awaitingReplySince: null });
  expect(answered.conversation).toMatchObject({ state: 'QUEUED', version: 1 });
  await writes('t', { occurredAt: at(5) });
  const { conversation: again } = await writes('t', { occurredAt: at(6) });

  expect(times(again)).toEqual({ lastReplyAt: at(3), awaitingReplySince: at(5) });
  expect(await world.history(again.id)).toEqual(['conversation.created']);
});

it('come late and out of order', async () => {
  await writes('t', { occurredAt: at(4) });
  // Written before the message, so it does not end its wait.
  expect(times((await replies('t', { occurredAt: at(2) })).conversation)).toEqual({
    lastReplyAt: at(2),
    awaitingReplySince: at(4),
  });
  // A message from before the reply, one between, and an older reply.
  await writes('t', { occurredAt: at(1) });
  await writes('t', { occurredAt: at(3) });
  expect(times((await replies('t', { occurredAt: at(1) })).conversation)).toEqual({
    lastReplyAt: at(2),
    awaitingReplySince: at(3),
  });
  // It ends the wait of what was written before; what came after awaits the next one.
  expect(times((await replies('t', { occurredAt: at(3.5) })).conversation)).toEqual({
    lastReplyAt: at(3.5),
    awaitingReplySince: at(4),
  });
});

it('count once by their id, which is none of a message', async () => {
  await writes('t', { messageId: 'same', occurredAt: at(1) });
  const { conversation } = await replies('t', { messageId: 'same', occurredAt: at(2) });
  await replies('t', { messageId: 'same', occurredAt: at(9) });

  expect(times(conversation)).toEqual({ lastReplyAt: at(2), awaitingReplySince: null });
  expect((await world.conversation(conversation.id)).lastReplyAt).toBe(at(2));
});

it('go to the inbox that a message names, or to the default one', async () => {
  const other = await world.inbox({ phoneNumber: '+4930901820' });
  await report(world, messageTo(other, { externalConversationId: 't' }));
  await world.change({ defaultInboxId: inbox.id });
  await writes('t');

  const named = await replies('t', { inboxPhoneNumber: '+49 30 901820' });
  const byDefault = await replies('t');

  expect(named.conversation.inboxId).toBe(other.id);
  expect(byDefault.conversation.inboxId).toBe(inbox.id);
});

it('are refused for the faults of a programmer only', async () => {
  await writes('t');
  await refused(reply('unknown'), 'NOT_FOUND');
  await refused(reply('t', { operatorId: randomUUID() }), 'NOT_FOUND');
  await refused(reply('t', { inboxId: randomUUID() }), 'NOT_FOUND');
  await invalid(reply('t', { operatorId: 'olivia' }), 'operatorId');
  await invalid(desk.post('/orchestrator/replies', world.orchestrator, {}), 'externalConversationId');
  await invalid(reply('t', { text: 'Hello' }), 'text');
  await invalid(reply('t', { kind: 'REPLY' }), 'kind');
  await refused(
    desk.post('/orchestrator/replies', world.admin, { externalConversationId: 't' }),
    'FORBIDDEN',
  );

  const { conversation, warnings } = await replies(' t ', {
    occurredAt: 'yesterday',
    messageId: 7,
    operatorId: '',
  });
  expect(conversation.lastReplyAt).not.toBeNull();
  expect(warnings).toMatchObject([{ field: 'occurredAt', code: 'TIME_NOT_UNDERSTOOD' }]);
  const strictly = desk.post('/orchestrator/replies?strict=true', world.orchestrator, {
    externalConversationId: 't',
    occurredAt: 'yesterday',
  });
  await invalid(strictly, 'occurredAt');
});

it('a refused one is not remembered', async () => {
  await refused(reply('t', { messageId: 'r-1', occurredAt: at(2) }), 'NOT_FOUND');
  await writes('t', { occurredAt: at(1) });
  expect((await replies('t', { messageId: 'r-1', occurredAt: at(2) })).conversation.lastReplyAt).toBe(at(2));
});

it('and messages of one batch count each at its own time', async () => {
  const message = (thread: string, minute: number) => ({
    externalConversationId: thread,
    occurredAt: at(minute),
  });
  const replied = (thread: string, minute: number) => ({ kind: 'REPLY', ...message(thread, minute) });

  const results = await batch(
    replied('new', 2),
    message('new', 3),
    message('new', 1),
    replied('nowhere', 1),
    message('new', 5),
    { kind: 'REPLY' },
    { kind: 'NOTE', externalConversationId: 'new' },
    replied('done', 4),
    message('done', 3),
  );

  expect(results.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(results.map(({ status }) => status)).toEqual([200, 201, 200, 404, 200, 400, 400, 200, 201]);
  expect(times(await world.conversation(results[0]!.conversationId!))).toEqual({
    lastReplyAt: at(2),
    awaitingReplySince: at(3),
  });
  expect(times(await world.conversation(results[7]!.conversationId!))).toEqual({
    lastReplyAt: at(4),
    awaitingReplySince: null,
  });
});

it('do not reopen, and nobody awaits one when it is resolved', async () => {
  const { conversation } = await writes('t', { occurredAt: at(1) });
  await world.resolve(conversation.id);
  expect(times(await world.conversation(conversation.id)).awaitingReplySince).toBeNull();

  const { conversation: told } = await replies('t');
  expect(told).toMatchObject({ state: 'RESOLVED', version: 2, awaitingReplySince: null });

  const { conversation: back } = await writes('t');
  expect(back.state).toBe('QUEUED');
  expect(back.awaitingReplySince).toBe(back.waitingSince);
});
