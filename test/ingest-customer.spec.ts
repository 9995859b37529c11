import type { ConversationResponse } from '../src/conversations/conversation.js';
import { TestApplication } from './support/application.js';
import { messageTo, report, reportBatch, type MessageFields } from './support/messages.js';
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

describe('the display name', () => {
  /** The display name after messages of the given ages in minutes. */
  async function nameAfter(...messages: [minutesAgo: number, displayName?: string][]) {
    const { world, inbox } = await setup();
    const thread = messageTo(inbox);
    let conversation: ConversationResponse | undefined;
    for (const [minutesAgo, displayName] of messages) {
      const message: MessageFields = { ...thread, occurredAt: minutesBefore(minutesAgo) };
      if (displayName !== undefined) message.displayName = displayName;
      ({ conversation } = await report(world, message));
    }
    return conversation!.displayName;
  }

  it('is the one of the newest message', async () => {
    expect(await nameAfter([20, 'Carla'], [10, 'Carla C.'])).toBe('Carla C.');
  });

  it('does not change with a late, older message', async () => {
    expect(await nameAfter([10, 'Carla C.'], [20, 'Carla'])).toBe('Carla C.');
  });

  it('does not change with a message without one', async () => {
    expect(await nameAfter([20, 'Carla'], [10])).toBe('Carla');
  });

  it('comes from an older message when no newer one has a name', async () => {
    expect(await nameAfter([10], [20, 'Carla'])).toBe('Carla');
  });

  it('comes from the newest message of a batch, unless a newer one is known', async () => {
    const { world, inbox } = await setup();
    const message = messageTo(inbox);
    const { conversation } = await report(world, {
      ...message,
      occurredAt: minutesBefore(20),
      displayName: 'Carla C.',
    });

    await reportBatch(world, [
      { ...message, occurredAt: minutesBefore(30), displayName: 'Carla' },
      { ...message, occurredAt: minutesBefore(10) },
    ]);

    expect((await world.conversation(conversation.id)).displayName).toBe('Carla C.');
  });
});

describe('the lead of a message', () => {
  it('is created once and has conversations in all inboxes', async () => {
    const { world, inbox } = await setup();
    const lead = { externalId: 'crm-1', name: 'Carla Customer', phone: '+49 151 12345678' };
    const here = await report(world, messageTo(inbox, { lead }));
    const there = await report(world, messageTo(await world.inbox(), { lead: { externalId: 'crm-1' } }));

    expect(here.conversation.leadId).not.toBeNull();
    expect(there.conversation.leadId).toBe(here.conversation.leadId);
    expect(await leadsOf(world)).toEqual([
      { external_id: 'crm-1', name: 'Carla Customer', email: null, phone: '+4915112345678' },
    ]);
  });

  it('gains fields and never loses one', async () => {
    const { world, inbox } = await setup();
    const message = messageTo(inbox);
    const email = 'carla@customer.example';
    await report(world, { ...message, lead: { externalId: 'crm-1', name: 'Carla' } });
    await report(world, { ...message, lead: { externalId: 'crm-1', email } });
    await report(world, { ...message, lead: { externalId: 'crm-1', name: 'Carla Customer' } });
    const { conversation } = await report(world, message);

    expect(conversation.leadId).not.toBeNull();
    expect(await leadsOf(world)).toEqual([
      { external_id: 'crm-1', name: 'Carla Customer', email, phone: null },
    ]);
  });

  it('combines all messages of a batch, the newest first', async () => {
    const { world, inbox } = await setup();
    const [newest, older] = [minutesBefore(1), minutesBefore(2)];
    await reportBatch(world, [
      messageTo(inbox, { occurredAt: newest, lead: { externalId: 'crm-1', name: 'Carla Customer' } }),
      messageTo(inbox, {
        occurredAt: older,
        lead: { externalId: 'crm-1', name: 'C.', phone: '+4915112345678' },
      }),
    ]);
    expect(await leadsOf(world)).toMatchObject([{ name: 'Carla Customer', phone: '+4915112345678' }]);
  });

  it('has each field of the newest message with it, in any order of reports', async () => {
    const { world, inbox } = await setup();
    const told = [
      { minutesAgo: 40, lead: { name: 'C.', email: 'old@customer.example', phone: '+4915100000001' } },
      { minutesAgo: 30, lead: { name: 'Carla' } },
      { minutesAgo: 20, lead: { email: 'carla@customer.example' } },
      { minutesAgo: 10, lead: {} },
    ];
    for (const [i, order] of permutations(told).entries()) {
      for (const { minutesAgo, lead } of order) {
        const message = messageTo(inbox, { occurredAt: minutesBefore(minutesAgo) });
        await report(world, { ...message, lead: { externalId: `crm-${i}`, ...lead } });
      }
    }

    const expected = { name: 'Carla', email: 'carla@customer.example', phone: '+4915100000001' };
    const leads = await leadsOf(world);
    expect(leads).toHaveLength(24);
    for (const lead of leads) expect(lead).toMatchObject(expected);
  });

  it('of a conversation is the lead of its newest message', async () => {
    const { world, inbox } = await setup();
    const message = messageTo(inbox);
    const late = { ...message, occurredAt: minutesBefore(60), lead: { externalId: 'former' } };
    const { conversation } = await report(world, { ...message, lead: { externalId: 'present' } });
    expect((await report(world, late)).conversation.leadId).toBe(conversation.leadId);
  });
});

it('two tenants may have the same threads, messages, leads and phone numbers', async () => {
  const [ours, theirs] = [await setup(), await setup()];
  const { inboxId: _, ...message } = messageTo(ours.inbox, {
    externalConversationId: 'thread-1',
    inboxPhoneNumber: '+4930901820',
    messageId: 'm-1',
    lead: { externalId: 'crm-1', name: 'Ours' },
  });
  const here = await report(ours.world, message);
  const there = await report(theirs.world, { ...message, lead: { externalId: 'crm-1', name: 'Theirs' } });

  expect(there).toMatchObject({ status: 201, created: true });
  expect(there.conversation).toMatchObject({ inboxId: theirs.inbox.id, messageCount: 1 });
  expect(there.conversation.id).not.toBe(here.conversation.id);
  expect(there.conversation.leadId).not.toBe(here.conversation.leadId);
  expect(await leadsOf(ours.world)).toMatchObject([{ name: 'Ours' }]);
  for (const { world, id } of [
    { world: ours.world, id: here.conversation.id },
    { world: theirs.world, id: there.conversation.id },
  ]) {
    const search = '/conversations/search?phoneNumber=%2B4915112345678';
    const { body } = await app.call('get', search, world.admin).expect(200);
    expect((body as { data: ConversationResponse[] }).data.map((found) => found.id)).toEqual([id]);
  }
});

function leadsOf({ tenantId }: World): Promise<object[]> {
  return app.database.rows('select external_id, name, email, phone from leads where tenant_id = $1', [
    tenantId,
  ]);
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) =>
    permutations(items.filter((_, other) => other !== i)).map((others) => [item, ...others]),
  );
}
