import { changesNothing, ledgerOf } from './support/behind.js';
import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report, reportBatch, reporting, type MessageFields } from './support/messages.js';
import { page } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { minutesBefore, World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

const moving = (world: World, { id: conversationId }: { id: string }, { id: inboxId }: { id: string }) =>
  app.call('post', '/allocation/move-inbox', world.admin).send({ conversationId, inboxId }).expect(200);

describe('the same external id in two inboxes', () => {
  it('is two threads, each with its messages and its message ids', async () => {
    const world = await World.create(app);
    const [support, sales] = [await world.inbox(), await world.inbox()];
    const fields = { externalConversationId: '+4915112345678', messageId: 'm-1' };

    const results = await reportBatch(world, [
      messageTo(support, fields),
      messageTo(sales, fields),
      messageTo(support, fields),
      messageTo(sales, { ...fields, messageId: 'm-2' }),
    ]);

    expect(results.map(({ created }) => created)).toEqual([true, true, false, false]);
    expect(results.map(({ conversationId }) => conversationId)).toEqual([
      results[0]!.conversationId,
      results[1]!.conversationId,
      results[0]!.conversationId,
      results[1]!.conversationId,
    ]);
    const query = { externalConversationId: '+4915112345678', sort: 'oldest' };
    const { data } = await page(app, '/conversations', world.admin, query);
    const shown = data.map(({ inboxId, originInboxId, messageCount }) => [
      inboxId,
      originInboxId,
      messageCount,
    ]);
    expect(shown).toHaveLength(2);
    expect(shown).toEqual(
      expect.arrayContaining([
        [support.id, support.id, 1],
        [sales.id, sales.id, 2],
      ]),
    );
  });

  it('stays two threads when one of them is moved into the inbox of the other', async () => {
    const world = await World.create(app);
    const [support, sales] = [await world.inbox({ name: 'Support' }), await world.inbox({ name: 'Sales' })];
    const fields = { externalConversationId: 'thread-1' };
    const moved = (await report(world, messageTo(support, fields))).conversation;
    await moving(world, moved, sales);
    const other = (await report(world, messageTo(sales, fields))).conversation;
    expect(other.id).not.toBe(moved.id);

    const next = (await report(world, messageTo(support, fields))).conversation;
    expect(next).toMatchObject({
      id: moved.id,
      inboxId: sales.id,
      inboxName: 'Sales',
      originInboxId: support.id,
      messageCount: 2,
    });
    const again = (await report(world, messageTo(sales, fields))).conversation;
    expect(again).toMatchObject({ id: other.id, originInboxId: sales.id, messageCount: 2 });
  });
});

describe('a moved conversation', () => {
  it('is reopened where it is by a message that names the inbox it came in by', async () => {
    const world = await World.create(app);
    const [support, sales] = [await world.inbox(), await world.inbox()];
    const { id } = await world.queued(support, { externalId: 'thread-1' });
    await moving(world, { id }, sales);
    await world.resolve(id);

    const message = messageTo(support, { externalConversationId: 'thread-1' });
    const { conversation } = await report(world, message);

    expect(conversation).toMatchObject({ id, state: 'QUEUED', inboxId: sales.id, originInboxId: support.id });
    expect((await ledgerOf(world, id)).at(-1)).toMatchObject({
      type: 'conversation.reopened',
      to: { inboxId: sales.id },
    });
  });

  it('counts a repeated message id once', async () => {
    const world = await World.create(app);
    const [support, sales] = [await world.inbox(), await world.inbox()];
    const message = messageTo(support, { messageId: 'm-1' });
    const { conversation } = await report(world, message);
    await moving(world, conversation, sales);
    await changesNothing(world, () => report(world, message));
  });
});

describe('a message without a thread id', () => {
  const without = ({ externalConversationId: _, ...message }: MessageFields) => message;

  it('is a new thread each time, and the response has its id', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const message = without(messageTo(inbox, { messageId: 'm-1' }));
    const [first, second] = [await report(world, message), await report(world, message)];
    expect([first.status, second.status]).toEqual([201, 201]);
    const { externalConversationId } = first.conversation;
    expect(externalConversationId).toMatch(/\S/);
    expect(second.conversation.externalConversationId).not.toBe(externalConversationId);

    const next = await report(world, { ...message, externalConversationId });
    expect(next.conversation).toMatchObject({ id: first.conversation.id, messageCount: 2 });
  });

  it('is one of each in a batch', async () => {
    const world = await World.create(app);
    const message = without(messageTo(await world.inbox()));
    const results = await reportBatch(world, [message, message, message]);
    expect(results.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(results.map(({ conversationId }) => conversationId)).size).toBe(3);
  });
});

describe('a message without an inbox', () => {
  const without = (fields: MessageFields = {}) => {
    const { inboxId: _, ...message } = messageTo({ id: '' } as never, fields);
    return message;
  };

  it('goes to the only inbox of the tenant', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    expect((await report(world, without())).conversation.inboxId).toBe(inbox.id);
  });

  it('goes to the default inbox, also beside messages that name another one', async () => {
    const world = await World.create(app);
    const [first, second] = [await world.inbox(), await world.inbox()];
    await world.change({ defaultInboxId: second.id });
    expect((await report(world, without())).conversation.inboxId).toBe(second.id);
    const results = await reportBatch(world, [messageTo(first), without(), messageTo(second)]);
    const inboxes = [];
    for (const { conversationId } of results)
      inboxes.push((await world.conversation(conversationId!)).inboxId);
    expect(inboxes).toEqual([first.id, second.id, second.id]);
  });

  it('is refused without a default among several inboxes, and changes nothing', async () => {
    const world = await World.create(app);
    await invalid(reporting(world, without()), 'inboxId');
    const [inbox] = [await world.inbox(), await world.inbox()];
    await changesNothing(world, () => invalid(reporting(world, without({ messageId: 'm-1' })), 'inboxId'));
    const [named, unnamed] = await reportBatch(world, [messageTo(inbox), without()]);
    expect(named).toMatchObject({ status: 201 });
    expect(unnamed).toMatchObject({ status: 400, error: { code: 'VALIDATION_FAILED' } });
  });
});

describe('defaultInboxId', () => {
  it('must be an inbox of the tenant, and can be taken back', async () => {
    const [world, foreign] = [await World.create(app), await World.create(app)];
    const changing = (defaultInboxId: string | null) =>
      app.call('patch', '/tenant/settings', world.admin).send({ defaultInboxId });
    await changesNothing(world, async () => refused(changing((await foreign.inbox()).id), 'NOT_FOUND'));
    const [inbox] = [await world.inbox(), await world.inbox()];
    const { body } = await changing(inbox.id).expect(200);
    expect(body).toMatchObject({ settings: { defaultInboxId: inbox.id } });
    await changing(null).expect(200);
    await invalid(reporting(world, { customerPhoneNumber: '+4915112345678' }), 'inboxId');
  });
});

describe('the customer of a thread', () => {
  it('needs neither a number nor an address', async () => {
    const world = await World.create(app);
    const { customerPhoneNumber: _, ...message } = messageTo(await world.inbox());
    expect((await report(world, message)).conversation).toMatchObject({
      customerPhoneNumber: null,
      customerAddress: null,
      subject: null,
    });
  });

  it('keeps number, address and subject through messages that do not have them', async () => {
    const world = await World.create(app);
    const thread = messageTo(await world.inbox());
    const { customerPhoneNumber: _, ...plain } = thread;
    await report(world, { ...thread, customerAddress: 'visitor-1', subject: 'Order 1' });
    expect((await report(world, plain)).conversation).toMatchObject({
      customerPhoneNumber: '+4915112345678',
      customerAddress: 'visitor-1',
      subject: 'Order 1',
    });
  });

  it('has the subject of the newest message with one, in any order of reports', async () => {
    const world = await World.create(app);
    const thread = messageTo(await world.inbox());
    const told = [
      { occurredAt: minutesBefore(10), subject: 'Refund' },
      { occurredAt: minutesBefore(20), subject: 'Order 1' },
      { occurredAt: minutesBefore(5) },
    ];
    for (const message of told) await report(world, { ...thread, ...message });
    expect((await report(world, thread)).conversation.subject).toBe('Refund');
    const other = messageTo(await world.inbox());
    const [first] = await reportBatch(
      world,
      told.map((message) => ({ ...other, ...message })),
    );
    expect((await world.conversation(first!.conversationId!)).subject).toBe('Refund');
  });
});

describe('names beside ids', () => {
  it('are those of the inbox, the holder, and who resolved it', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox({ name: 'Support' });
    const olivia = await world.operator({ name: 'Olivia', inboxes: [inbox] });
    const nobody = { assignedOperatorName: null, lastOperatorId: null, lastOperatorName: null };
    const queued = await world.queued(inbox, { externalId: 'thread-1' });
    expect(queued).toMatchObject({ inboxName: 'Support', ...nobody });
    const held = await world.claim(queued.id, olivia);
    expect(held).toMatchObject({ ...nobody, assignedOperatorName: 'Olivia' });
    const resolved = await world.resolve(queued.id);
    const lastOperator = { lastOperatorId: olivia.id, lastOperatorName: 'Olivia' };
    expect(resolved).toMatchObject({ ...nobody, ...lastOperator });

    const other = await world.inbox();
    await moving(world, resolved, other);
    const query = { lastOperatorId: olivia.id };
    const { data } = await page(app, '/conversations', world.admin, query);
    expect(data).toMatchObject([{ id: queued.id, ...lastOperator }]);

    const message = messageTo(inbox, { externalConversationId: 'thread-1' });
    expect((await report(world, message)).conversation).toMatchObject(nobody);
    expect(await page(app, '/conversations', world.admin, query)).toMatchObject({ data: [] });
  });

  it('are null for a conversation that nobody held when it was resolved', async () => {
    const world = await World.create(app);
    const resolved = await world.resolved(await world.inbox());
    expect(resolved).toMatchObject({ lastOperatorId: null, lastOperatorName: null });
  });
});
