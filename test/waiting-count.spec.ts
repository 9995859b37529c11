import type { ConversationResponse } from '../src/conversations/conversation.js';
import { changesNothing, ledgerOf } from './support/behind.js';
import { TestApplication } from './support/application.js';
import { sessionsWaiting, whileHolding } from './support/faults/locks.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report, reportBatch } from './support/messages.js';
import { minutesBefore, World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

const countsOf = ({ messageCount, waitingMessageCount }: ConversationResponse) => [
  messageCount,
  waitingMessageCount,
];

async function setup(settings: Parameters<typeof World.create>[1] = {}) {
  const world = await World.create(app, settings);
  const inbox = await world.inbox();
  return { world, inbox, operator: await world.operator({ inboxes: [inbox] }) };
}

describe('waitingMessageCount', () => {
  it('counts from when the customer began to wait, and is 0 while RESOLVED', async () => {
    const { world, inbox, operator } = await setup();
    const message = messageTo(inbox, { externalConversationId: 'thread-1' });
    const { id } = await world.queued(inbox, { externalId: 'thread-1', messages: 3, minutesAgo: 60 });
    const seen = [countsOf(await world.conversation(id))];
    await world.claim(id, operator);
    seen.push(countsOf((await report(world, message)).conversation));
    seen.push(countsOf(await world.deallocate(id)));
    seen.push(countsOf(await world.resolve(id)));
    seen.push(countsOf((await report(world, message)).conversation));
    await reportBatch(world, [message, message]);
    seen.push(countsOf(await world.conversation(id)));
    expect(seen).toEqual([
      [3, 3],
      [4, 4],
      [4, 4],
      [4, 0],
      [5, 1],
      [7, 3],
    ]);
  });

  it('goes on where it was when a supervisor gives a RESOLVED conversation to somebody', async () => {
    const { world, inbox, operator } = await setup();
    const { id, waitingSince } = await world.resolved(inbox, { messages: 2 });
    const body = { conversationId: id, operatorId: operator.id };
    await app.call('post', '/allocation/reassign', world.admin).send(body).expect(200);
    const queued = await world.deallocate(id);
    expect(countsOf(queued)).toEqual([2, 2]);
    expect(queued.waitingSince).toBe(waitingSince);
  });
});

describe('a message that was written before the resolution', () => {
  it('counts and does not reopen', async () => {
    const { world, inbox, operator } = await setup();
    const { id } = await world.allocated(inbox, operator, { externalId: 'thread-1', minutesAgo: 60 });
    const resolved = await world.resolve(id, operator.headers);
    const before = await ledgerOf(world, id);
    const late = messageTo(inbox, { externalConversationId: 'thread-1', occurredAt: minutesBefore(30) });

    const { conversation } = await report(world, late);

    expect(conversation).toMatchObject({
      state: 'RESOLVED',
      version: resolved.version,
      messageCount: 2,
      waitingMessageCount: 0,
      waitingSince: resolved.waitingSince,
      resolvedAt: resolved.resolvedAt,
      lastOperatorId: operator.id,
      lastMessageAt: late.occurredAt,
    });
    expect(await ledgerOf(world, id)).toEqual(before);
  });

  it.each([
    ['at that moment', 0, 'RESOLVED'],
    ['a millisecond later', 1, 'QUEUED'],
  ])('or %s', async (_when, milliseconds, state) => {
    const { world, inbox } = await setup();
    const { resolvedAt } = await world.resolved(inbox, { externalId: 'thread-1', minutesAgo: 60 });
    const occurredAt = new Date(Date.parse(resolvedAt!) + milliseconds).toISOString();
    const message = messageTo(inbox, { externalConversationId: 'thread-1', occurredAt });
    expect((await report(world, message)).conversation.state).toBe(state);
  });

  it('does not count for the order of one that was reopened', async () => {
    const { world, inbox } = await setup();
    const { id } = await world.resolved(inbox, { externalId: 'thread-1', minutesAgo: 60 });
    const message = messageTo(inbox, { externalConversationId: 'thread-1' });
    const { waitingSince } = (await report(world, message)).conversation;

    await report(world, { ...message, occurredAt: minutesBefore(30) });

    const conversation = await world.conversation(id);
    expect(countsOf(conversation)).toEqual([3, 1]);
    expect(conversation.waitingSince).toBe(waitingSince);
  });

  it('reopens beside one that was written after it, and only that one makes the customer wait', async () => {
    const { world, inbox } = await setup();
    const { id, resolvedAt } = await world.resolved(inbox, { externalId: 'thread-1', minutesAgo: 60 });
    const message = messageTo(inbox, { externalConversationId: 'thread-1' });

    await reportBatch(world, [{ ...message, occurredAt: minutesBefore(30) }, message]);

    const conversation = await world.conversation(id);
    expect(conversation).toMatchObject({ state: 'QUEUED', messageCount: 3, waitingMessageCount: 1 });
    expect(Date.parse(conversation.waitingSince)).toBeGreaterThanOrEqual(Date.parse(resolvedAt!));
  });

  it('is not one that has no time, although its transaction began before that of the resolution', async () => {
    const { world, inbox } = await setup();
    const { id } = await world.queued(inbox, { externalId: 'thread-1' });
    const message = messageTo(inbox, { externalConversationId: 'thread-1' });
    let reported: ReturnType<typeof report> | undefined;
    await whileHolding(app.database, 'select change_ranking($1)', world.tenantId, async () => {
      reported = report(world, message);
      reported.catch(() => undefined);
      await sessionsWaiting(app.database, 1);
      await world.resolve(id);
    });
    expect((await reported!).conversation).toMatchObject({ state: 'QUEUED', waitingMessageCount: 1 });
  });
});

describe('countBasis', () => {
  /** Ten messages are one cap of messages, an hour is one of delay. */
  const weights = { alpha: 0.4, beta: 0.6, maxMessageCount: 10, maxDelayMinutes: 60 };

  async function line(operator: Person): Promise<[name: string, score: number][]> {
    const { body } = await app.call('get', '/allocation/queue', operator.headers).expect(200);
    const { data } = body as { data: ConversationResponse[] };
    return data.map((c) => [c.externalConversationId, Number(c.priorityScore!.toFixed(3))]);
  }

  /** Somebody with a long past who writes again, and a new customer who has waited for half an hour. */
  async function talkativeAndNew() {
    const { world, inbox, operator } = await setup(weights);
    await world.queued(inbox, { externalId: 'talkative', messages: 101, minutesAgo: 90 });
    const talkative = (await world.allocate(operator))!;
    await world.resolve(talkative.id);
    await world.queued(inbox, { externalId: 'new', minutesAgo: 30 });
    await report(world, messageTo(inbox, { externalConversationId: 'talkative' }));
    return { world, inbox, operator };
  }

  // new: 0.4 · 1/10 + 0.6 · 30/60 = 0.34. talkative: 1 message, no delay: 0.04; with all its messages 0.4.
  it('WAITING lets nobody overtake for what was answered before', async () => {
    const { operator } = await talkativeAndNew();
    expect(await line(operator)).toEqual([
      ['new', 0.34],
      ['talkative', 0.04],
    ]);
  });

  it('TOTAL counts all messages of the thread, as soon as it is set', async () => {
    const { world, operator } = await talkativeAndNew();
    await world.change({ countBasis: 'TOTAL' });
    expect(await line(operator)).toEqual([
      ['talkative', 0.4],
      ['new', 0.34],
    ]);
    await world.change({ countBasis: 'WAITING' });
    expect((await line(operator)).map(([name]) => name)).toEqual(['new', 'talkative']);
    expect((await world.allocate(operator))!.externalConversationId).toBe('new');
  });

  it.each([
    ['WAITING', 1],
    ['TOTAL', 102],
  ] as const)('%s is what explain shows', async (countBasis, messageCount) => {
    const { world } = await talkativeAndNew();
    await world.change({ countBasis });
    const { body } = await app
      .call('get', '/conversations?externalConversationId=talkative', world.admin)
      .expect(200);
    const [{ id }] = (body as { data: [ConversationResponse] }).data;
    const explained = await app.call('get', `/conversations/${id}/explain`, world.admin).expect(200);
    expect(explained.body).toMatchObject({ rank: countBasis === 'WAITING' ? 2 : 1, parts: { messageCount } });
  });

  it('is used by CANDIDATE_WINDOW too', async () => {
    const { world, operator } = await talkativeAndNew();
    await world.change({ normalization: 'CANDIDATE_WINDOW', beta: 0 });
    expect(await line(operator)).toEqual([
      ['new', 0],
      ['talkative', 0],
    ]);
    await world.change({ countBasis: 'TOTAL' });
    expect(await line(operator)).toEqual([
      ['talkative', 0.4],
      ['new', 0],
    ]);
  });
});

it('a repeated message id changes nothing while RESOLVED', async () => {
  const { world, inbox } = await setup();
  const message = messageTo(inbox, { messageId: 'm-1', occurredAt: minutesBefore(10) });
  const { conversation } = await report(world, message);
  await world.resolve(conversation.id);
  await changesNothing(world, () => report(world, message));
});
