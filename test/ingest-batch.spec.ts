import type { ConversationResponse } from '../src/conversations/conversation.js';
import { changesNothing } from './support/behind.js';
import { TestApplication } from './support/application.js';
import { messageTo, report, reportBatch } from './support/messages.js';
import { invalid } from './support/refused.js';
import { minutesBefore, World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

async function setup() {
  const world = await World.create(app);
  return { world, inbox: await world.inbox({ phoneNumber: '+4930901820' }) };
}

describe('a batch of messages', () => {
  it('has results in the order of the messages', async () => {
    const { world, inbox } = await setup();
    const known = await world.queued(inbox, { externalId: 'thread-b' });
    const threads = ['thread-c', 'thread-b', 'thread-a'];

    const results = await reportBatch(
      world,
      threads.map((externalConversationId) => messageTo(inbox, { externalConversationId })),
    );

    expect(results.map(({ index, status, created }) => [index, status, created])).toEqual([
      [0, 201, true],
      [1, 200, false],
      [2, 201, true],
    ]);
    expect(results[1]!.conversationId).toBe(known.id);
    for (const { index, conversationId } of results) {
      const { externalConversationId } = await world.conversation(conversationId!);
      expect(externalConversationId).toBe(threads[index]);
    }
  });

  it('ingests valid messages and says what is wrong with the others', async () => {
    const { world, inbox } = await setup();
    const { inboxId: _, ...nowhere } = messageTo(inbox);

    const results = await reportBatch(world, [
      messageTo(inbox),
      messageTo(inbox, { inboxPhoneNumber: '+4930901829' }),
      { ...nowhere, inboxPhoneNumber: '+4930901829' },
      { ...messageTo(inbox), occurredAt: true },
      { ...messageTo(inbox), customerPhoneNumber: ['nobody'] },
      'a text',
      null,
      [],
      messageTo(inbox),
    ]);

    expect(results.map(({ index, status, error }) => [index, status, error?.code])).toEqual([
      [0, 201, undefined],
      [1, 400, 'VALIDATION_FAILED'],
      [2, 404, 'NOT_FOUND'],
      [3, 400, 'VALIDATION_FAILED'],
      [4, 400, 'VALIDATION_FAILED'],
      [5, 400, 'VALIDATION_FAILED'],
      [6, 400, 'VALIDATION_FAILED'],
      [7, 400, 'VALIDATION_FAILED'],
      [8, 201, undefined],
    ]);
    expect(results[3]!.error!.errors!.map(({ field }) => field)).toEqual(['occurredAt']);
    expect(await threadCount(world)).toBe(2);
  });

  it('does not count an invalid message for an existing thread', async () => {
    const { world, inbox } = await setup();
    await world.queued(inbox, { externalId: 'thread-1' });
    const message = messageTo(inbox, { externalConversationId: 'thread-1', messageId: 'm-1' });

    await changesNothing(world, async () => {
      const results = await reportBatch(world, [{ ...message, occurredAt: true }]);
      expect(results[0]).toMatchObject({ status: 400, error: { code: 'VALIDATION_FAILED' } });
      expect(results[0]).not.toHaveProperty('conversationId');
    });
  });

  it('may have only invalid messages', async () => {
    const { world } = await setup();
    await changesNothing(world, async () => {
      const results = await reportBatch(world, [{ text: 'Hello' }, null]);
      expect(results.map(({ status }) => status)).toEqual([400, 400]);
    });
  });

  it('accepts 1,000 messages', async () => {
    const { world, inbox } = await setup();
    const results = await reportBatch(
      world,
      Array.from({ length: 1_000 }, () => messageTo(inbox)),
    );
    expect(results.map(({ index }) => index)).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    expect(results.every(({ created }) => created)).toBe(true);
    expect(await threadCount(world)).toBe(1_000);
  });

  it.each([
    [0, 'messages'],
    [1_001, 'body'],
  ])('is refused as a whole with %d messages', async (length, field) => {
    const { world, inbox } = await setup();
    const messages = Array.from({ length }, () => messageTo(inbox));
    const call = app.call('post', '/orchestrator/messages/batch', world.orchestrator);
    await changesNothing(world, () => invalid(call.send({ messages }), field));
  });

  it('counts the messages of a new thread together; the first one creates it', async () => {
    const { world, inbox } = await setup();
    const message = messageTo(inbox);
    const times = [20, 10, 30].map(minutesBefore);

    const results = await reportBatch(
      world,
      times.map((occurredAt) => ({ ...message, occurredAt })),
    );

    expect(results.map(({ status, created }) => [status, created])).toEqual([
      [201, true],
      [200, false],
      [200, false],
    ]);
    expect(new Set(results.map(({ conversationId }) => conversationId)).size).toBe(1);
    const conversation = await world.conversation(results[0]!.conversationId!);
    expect(conversation).toMatchObject({
      messageCount: 3,
      lastMessageAt: times[1],
      waitingSince: times[2],
      version: 1,
    });
    expect(await world.history(conversation.id)).toEqual(['conversation.created']);
  });

  it('counts a repeated messageId once', async () => {
    const { world, inbox } = await setup();
    const message = messageTo(inbox, { messageId: 'm-1' });
    const results = await reportBatch(world, [message, message, { ...message, messageId: 'm-2' }]);
    expect(results.map(({ created }) => created)).toEqual([true, false, false]);
    expect((await world.conversation(results[0]!.conversationId!)).messageCount).toBe(2);
  });

  it('reopens a RESOLVED conversation once', async () => {
    const { world, inbox } = await setup();
    const { id } = await world.resolved(inbox, { externalId: 'thread-1' });
    const message = messageTo(inbox, { externalConversationId: 'thread-1' });

    await reportBatch(world, [message, message]);

    expect(await world.conversation(id)).toMatchObject({ state: 'QUEUED', version: 3, messageCount: 3 });
    expect((await world.history(id)).slice(2)).toEqual(['conversation.reopened']);
  });

  it('does not date the wait of a reopened conversation from a message before the resolution', async () => {
    const { world, inbox } = await setup();
    const { id, resolvedAt } = await world.resolved(inbox, { externalId: 'thread-1', minutesAgo: 60 });
    const message = messageTo(inbox, { externalConversationId: 'thread-1' });

    await reportBatch(world, [message, { ...message, occurredAt: minutesBefore(30) }]);

    const { waitingSince } = await world.conversation(id);
    expect(Date.parse(waitingSince)).toBeGreaterThanOrEqual(Date.parse(resolvedAt!));
  });
});

it('updates the queue key with every message', async () => {
  const { world, inbox } = await setup();
  const first = await world.queued(inbox, { minutesAgo: 30 });
  const second = await world.queued(inbox, { minutesAgo: 25 });
  const { externalConversationId } = second;
  expect(await queueOf(world)).toEqual([first.id, second.id]);

  // With the default weights a message is worth 9.6 minutes of waiting.
  await report(world, messageTo(inbox, { externalConversationId, occurredAt: minutesBefore(40) }));
  expect(await queueOf(world)).toEqual([second.id, first.id]);

  // One more, but it begins the wait anew.
  await report(world, messageTo(inbox, { externalConversationId }));
  expect(await queueOf(world)).toEqual([first.id, second.id]);
});

async function threadCount({ tenantId }: World): Promise<number> {
  const text = 'select count(*)::int as count from conversations where tenant_id = $1';
  return (await app.database.rows<{ count: number }>(text, [tenantId]))[0]!.count;
}

async function queueOf(world: World): Promise<string[]> {
  const { body } = await app.call('get', '/conversations?sort=priority', world.admin).expect(200);
  return (body as { data: ConversationResponse[] }).data.map(({ id }) => id);
}
