import { randomUUID } from 'node:crypto';
import { changesNothing, ledgerOf, newEntry } from './support/behind.js';
import { TestApplication } from './support/application.js';
import { messageTo, report, reporting } from './support/messages.js';
import { invalid, refused } from './support/refused.js';
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

describe('the first message of a thread', () => {
  it('creates a QUEUED conversation', async () => {
    const { world, inbox } = await setup();
    const occurredAt = minutesBefore(3);

    const { status, created, conversation } = await report(
      world,
      messageTo(inbox, { externalConversationId: 'thread-1', occurredAt, displayName: 'Carla' }),
    );

    expect([status, created]).toEqual([201, true]);
    expect(conversation).toMatchObject({
      tenantId: world.tenantId,
      inboxId: inbox.id,
      externalConversationId: 'thread-1',
      customerPhoneNumber: '+4915112345678',
      displayName: 'Carla',
      leadId: null,
      state: 'QUEUED',
      assignedOperatorId: null,
      messageCount: 1,
      lastMessageAt: occurredAt,
      waitingSince: occurredAt,
      labels: [],
      version: 1,
      resolvedAt: null,
    });
    expect(conversation).toEqual(await world.conversation(conversation.id).then(withScore(conversation)));
    expect(await ledgerOf(world, conversation.id)).toMatchObject([
      {
        type: 'conversation.created',
        version: 1,
        actor: { type: 'SERVICE', id: 'orchestrator' },
        from: { state: null, operatorId: null, inboxId: null },
        to: { state: 'QUEUED', operatorId: null, inboxId: inbox.id },
      },
    ]);
  });

  it('has the version as ETag', async () => {
    const { world, inbox } = await setup();
    await reporting(world, messageTo(inbox)).expect(201).expect('ETag', '"1"');
  });

  it('finds the inbox by its phone number in any notation', async () => {
    const { world, inbox } = await setup();
    const { inboxId: _, ...message } = messageTo(inbox);

    const { conversation } = await report(world, { ...message, inboxPhoneNumber: '+49 30 90 18 20' });

    expect(conversation.inboxId).toBe(inbox.id);
  });

  it('stores the number of the customer as E.164', async () => {
    const { world, inbox } = await setup();
    const { conversation } = await report(
      world,
      messageTo(inbox, { customerPhoneNumber: '+49 (151) 1234-5678' }),
    );
    expect(conversation.customerPhoneNumber).toBe('+4915112345678');
  });

  it('has the current time without occurredAt', async () => {
    const { world, inbox } = await setup();
    const before = Date.now();
    const { conversation } = await report(world, messageTo(inbox));
    expectWithin(conversation.lastMessageAt, before, Date.now());
  });
});

describe('an invalid message', () => {
  it.each([
    ['both the id and the number of an inbox', { inboxPhoneNumber: '+4930901820' }, 'inboxId'],
    ['a phone number that is no text', { customerPhoneNumber: 15112345678 }, 'customerPhoneNumber'],
    ['an unknown field', { text: 'Hello' }, 'text'],
    ['a lead that is a text', { lead: 'crm-1' }, 'lead'],
  ])('is refused with %s', async (_, fields, field) => {
    const { world, inbox } = await setup();
    await changesNothing(world, () => invalid(reporting(world, { ...messageTo(inbox), ...fields }), field));
  });

  it('is refused for an unknown inbox, and changes nothing', async () => {
    const { world, inbox } = await setup();
    const foreign = await (await World.create(app)).inbox({ phoneNumber: '+4930901821' });
    const lead = { externalId: 'crm-1' };
    const { inboxId: _, ...message } = messageTo(inbox, { messageId: 'm-1', lead });

    await changesNothing(world, async () => {
      await refused(reporting(world, { ...message, inboxId: randomUUID() }), 'NOT_FOUND');
      await refused(reporting(world, { ...message, inboxId: foreign.id }), 'NOT_FOUND');
      await refused(reporting(world, { ...message, inboxPhoneNumber: '+4930901821' }), 'NOT_FOUND');
    });
  });

  it('is refused from callers other than the orchestrator', async () => {
    const { world, inbox } = await setup();
    const call = app.call('post', '/orchestrator/messages', world.admin);
    await refused(call.send(messageTo(inbox)), 'FORBIDDEN');
  });
});

describe('the next message of a thread', () => {
  it('updates the conversation without a ledger entry', async () => {
    const { world, inbox } = await setup();
    const message = messageTo(inbox);
    const first = await report(world, message);

    const second = await report(world, message);

    expect([second.status, second.created]).toEqual([200, false]);
    expect(second.conversation).toMatchObject({ id: first.conversation.id, messageCount: 2, version: 1 });
    expect(await world.history(first.conversation.id)).toEqual(['conversation.created']);
  });

  it('changes nothing with a known messageId', async () => {
    const { world, inbox } = await setup();
    const message = messageTo(inbox, { messageId: 'm-1', occurredAt: minutesBefore(2) });
    await report(world, message);

    await changesNothing(world, async () => {
      const again = { ...message, occurredAt: minutesBefore(1), displayName: 'Other' };
      const lead = { externalId: 'crm-1' };
      const { status, created, conversation } = await report(world, { ...again, lead });
      expect([status, created, conversation.messageCount]).toEqual([200, false, 1]);
    });
  });

  it('does not reopen a conversation with a known messageId', async () => {
    const { world, inbox } = await setup();
    const message = messageTo(inbox, { messageId: 'm-1' });
    const { conversation } = await report(world, message);
    await resolve(world, conversation.id);

    await changesNothing(world, () => report(world, message));
  });

  it('counts with a messageId of another thread', async () => {
    const { world, inbox } = await setup();
    await report(world, messageTo(inbox, { messageId: 'm-1' }));
    const { created } = await report(world, messageTo(inbox, { messageId: 'm-1' }));
    expect(created).toBe(true);
  });

  it('moves lastMessageAt only forward and waitingSince only back', async () => {
    const { world, inbox } = await setup();
    const message = messageTo(inbox);
    const times = [30, 20, 40, 25].map(minutesBefore);
    const seen = [];
    for (const occurredAt of times) {
      const { conversation } = await report(world, { ...message, occurredAt });
      seen.push([conversation.lastMessageAt, conversation.waitingSince]);
    }
    const [thirty, twenty, forty] = times;
    expect(seen).toEqual([
      [thirty, thirty],
      [twenty, thirty],
      [twenty, forty],
      [twenty, forty],
    ]);
  });

  it('leaves an ALLOCATED conversation with its holder', async () => {
    const { world, inbox } = await setup();
    const holder = await world.operator({ inboxes: [inbox] });
    const held = await world.allocated(inbox, holder, { externalId: 'thread-1' });

    const { conversation } = await report(world, messageTo(inbox, { externalConversationId: 'thread-1' }));

    expect(conversation).toMatchObject({
      state: 'ALLOCATED',
      assignedOperatorId: holder.id,
      messageCount: 2,
      version: held.version,
      priorityScore: null,
    });
    expect(await world.history(held.id)).toEqual(['conversation.created', 'conversation.claimed']);
  });
});

describe('a message to a RESOLVED conversation', () => {
  it('reopens it, and the customer waits from then on', async () => {
    const { world, inbox } = await setup();
    const resolved = await world.resolved(inbox, { externalId: 'thread-1', minutesAgo: 60 });
    const message = messageTo(inbox, { externalConversationId: 'thread-1' });

    const entry = await newEntry(world, resolved.id, async () => {
      const { status, conversation } = await report(world, message);
      expect([status, conversation.state]).toEqual([200, 'QUEUED']);
      expect(conversation).toMatchObject({ version: 3, resolvedAt: null, messageCount: 2 });
      expect(conversation.waitingSince).toBe(conversation.lastMessageAt);
      expect(conversation.waitingSince >= resolved.resolvedAt!).toBe(true);
    });

    expect(entry).toMatchObject({
      type: 'conversation.reopened',
      version: 3,
      actor: { type: 'SERVICE', id: 'orchestrator' },
      reason: 'The customer wrote again',
      from: { state: 'RESOLVED', operatorId: null, inboxId: inbox.id },
      to: { state: 'QUEUED', operatorId: null, inboxId: inbox.id },
    });
  });

  it('does not wait since a late message from before the resolution', async () => {
    const { world, inbox } = await setup();
    await world.resolved(inbox, { externalId: 'thread-1', minutesAgo: 60 });
    const message = messageTo(inbox, { externalConversationId: 'thread-1' });
    const reopened = await report(world, message);

    const { conversation } = await report(world, { ...message, occurredAt: minutesBefore(30) });

    expect(conversation.waitingSince).toBe(reopened.conversation.waitingSince);
    expect(conversation.messageCount).toBe(3);
  });
});

describe('an occurredAt in the future', () => {
  it('is replaced by the current time up to five minutes ahead', async () => {
    const { world, inbox } = await setup();
    const before = Date.now();
    const { conversation } = await report(world, messageTo(inbox, { occurredAt: minutesBefore(-5) }));
    expectWithin(conversation.lastMessageAt, before, Date.now());
    expectWithin(conversation.waitingSince, before, Date.now());
  });

  it('counts as now beyond that, with a warning', async () => {
    const { world, inbox } = await setup();
    const before = Date.now();
    const message = messageTo(inbox, { occurredAt: minutesBefore(-5.5), messageId: 'm-1' });
    const { conversation, warnings } = await report(world, message);
    expectWithin(conversation.lastMessageAt, before, Date.now());
    expect(warnings).toMatchObject([{ field: 'occurredAt', code: 'TIME_IN_FUTURE' }]);
  });
});

async function resolve(world: World, conversationId: string): Promise<void> {
  await world.resolve(conversationId);
}

/** Scores grow while one looks. */
function withScore({ priorityScore }: { priorityScore: number | null }) {
  return <T extends object>(conversation: T) => ({ ...conversation, priorityScore });
}

function expectWithin(time: string, from: number, to: number): void {
  expect(Date.parse(time)).toBeGreaterThanOrEqual(from);
  expect(Date.parse(time)).toBeLessThanOrEqual(to);
}
