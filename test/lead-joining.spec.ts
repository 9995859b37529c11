import { randomUUID } from 'node:crypto';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import type { LeadWithConversations } from '../src/leads/lead.js';
import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { ingested, messageTo, report, reportBatch, type MessageFields } from './support/messages.js';
import { minutesBefore, World } from './support/world.js';

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
let other: InboxResponse;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app);
  inbox = await world.inbox();
  other = await world.inbox();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

const NUMBER = '+4915112340001';
const NOBODY: MessageFields = { customerPhoneNumber: null };

/** The lead of a message of a new thread. */
async function leadOf(fields: MessageFields, to = inbox): Promise<string> {
  const { conversation } = await report(world, messageTo(to, fields));
  expect(conversation.leadId).not.toBeNull();
  return conversation.leadId!;
}

async function shown(id: string): Promise<LeadWithConversations> {
  const { body } = await app.call('get', `/leads/${id}`, world.admin).expect(200);
  return body as LeadWithConversations;
}

const leadCount = async () =>
  (await app.database.rows('select id from leads where tenant_id = $1', [world.tenantId])).length;

describe('a lead without an external id is joined', () => {
  it.each<[string, MessageFields, MessageFields]>([
    [
      'by the number of the customer',
      { customerPhoneNumber: NUMBER, lead: { name: 'Carla' } },
      { customerPhoneNumber: '0049 151 1234 0001', lead: { email: 'c@x.example' } },
    ],
    [
      'by its own number, in another form that one person’s number has',
      { ...NOBODY, lead: { phone: '+5215512345678' } },
      { ...NOBODY, lead: { phone: '+52 55 1234 5678' } },
    ],
    [
      'by its own number, which is that of a customer',
      { customerPhoneNumber: NUMBER, lead: { name: 'Carla' } },
      { ...NOBODY, lead: { phone: NUMBER } },
    ],
    [
      'by the address of the customer',
      { ...NOBODY, customerAddress: 'visitor-81', lead: { name: 'Carla' } },
      { ...NOBODY, customerAddress: 'visitor-81', lead: { name: 'Carla C.' } },
    ],
    [
      'by an e-mail address in other letters',
      { ...NOBODY, customerAddress: 'Carla@Customer.example', lead: { name: 'Carla' } },
      { ...NOBODY, lead: { email: 'carla@customer.example' } },
    ],
    [
      'by the number first, then by the address',
      { customerPhoneNumber: NUMBER, customerAddress: 'visitor-81', lead: { name: 'Carla' } },
      { customerPhoneNumber: '+4915112340002', customerAddress: 'visitor-81', lead: { name: 'Carla' } },
    ],
    [
      'to a lead with an external id',
      { customerPhoneNumber: NUMBER, lead: { externalId: 'crm-1' } },
      { customerPhoneNumber: NUMBER, lead: { name: 'Carla' } },
    ],
    [
      'by an external id that is given later',
      { customerPhoneNumber: NUMBER, lead: { name: 'Carla' } },
      { customerPhoneNumber: NUMBER, lead: { externalId: 'crm-1' } },
    ],
  ])('%s', async (_how, first, second) => {
    const lead = await leadOf(first);
    expect(await leadOf(second, other)).toBe(lead);
    expect(await leadCount()).toBe(1);
    expect((await shown(lead)).conversations).toHaveLength(2);
  });

  it('the same way in a batch, in any order', async () => {
    const messages = [
      { customerPhoneNumber: NUMBER, lead: { name: 'Carla' } },
      { customerPhoneNumber: NUMBER, customerAddress: 'visitor-81', lead: { externalId: 'crm-1' } },
      { ...NOBODY, customerAddress: 'visitor-81', lead: { name: 'Carla C.' } },
      { ...NOBODY, lead: { externalId: 'crm-1' } },
      { customerPhoneNumber: '+4915112340009', lead: { name: 'Ben' } },
    ];
    await reportBatch(
      world,
      messages.map((fields) => messageTo(inbox, fields)),
    );
    const { body } = await app.call('get', '/leads?include=conversations', world.admin).expect(200);
    const { data } = body as { data: LeadWithConversations[] };
    expect(
      data.map(({ externalId, name, conversations }) => [externalId, name, conversations.length]),
    ).toEqual([
      [null, 'Ben', 1],
      ['crm-1', 'Carla C.', 4],
    ]);
  });

  it('and says what is known of it, the newest first', async () => {
    const newest = { customerPhoneNumber: NUMBER, occurredAt: minutesBefore(1) };
    const lead = await leadOf({ ...newest, lead: { name: 'Carla Customer' } });
    await leadOf({
      customerPhoneNumber: NUMBER,
      occurredAt: minutesBefore(9),
      lead: { name: 'C.', email: 'c@x.example' },
    });
    expect(await shown(lead)).toMatchObject({
      externalId: null,
      externalIds: [],
      name: 'Carla Customer',
      email: 'c@x.example',
      phone: null,
    });
  });
});

describe('a lead that nothing joins', () => {
  it('belongs to its thread', async () => {
    const thread = messageTo(inbox, { ...NOBODY, lead: { name: 'Visitor', email: 'n/a' } });
    const first = await ingested(world, thread);
    expect(first.warnings).toEqual(['lead.email EMAIL_NOT_VALID']);
    const again = await ingested(world, { ...thread, lead: { name: 'Vera Visitor' } });
    expect(again.conversation.leadId).toBe(first.conversation.leadId);
    expect(await shown(first.conversation.leadId!)).toMatchObject({ name: 'Vera Visitor', email: 'n/a' });
    // The same id in another inbox is another thread.
    expect(await leadOf({ ...thread, inboxId: other.id })).not.toBe(first.conversation.leadId);
    expect(await leadOf({ ...NOBODY, lead: { name: 'Visitor' } })).not.toBe(first.conversation.leadId);
  });

  it('gets the external id of a later message of its thread', async () => {
    const thread = messageTo(inbox, { ...NOBODY, lead: { name: 'Visitor' } });
    const { conversation } = await report(world, thread);
    await report(world, { ...thread, lead: { externalId: 'crm-1' } });
    const known = await leadOf({ lead: { externalId: 'crm-1' } });
    expect(known).toBe(conversation.leadId);
  });

  it('is the lead of its thread, also when that has another number now', async () => {
    const thread = messageTo(inbox, { customerPhoneNumber: NUMBER, lead: { externalId: 'crm-1' } });
    const { conversation } = await report(world, thread);
    const next = { ...thread, customerPhoneNumber: '+4915112340002', lead: { name: 'Carla' } };
    expect((await report(world, next)).conversation.leadId).toBe(conversation.leadId);
    expect(await leadOf({ customerPhoneNumber: '+4915112340002', lead: { name: 'C.' } })).toBe(
      conversation.leadId,
    );
  });
});

describe('two leads stay two', () => {
  it.each<[string, MessageFields, MessageFields]>([
    [
      'when a number is shared by two external ids',
      { customerPhoneNumber: NUMBER, lead: { externalId: 'mother' } },
      { customerPhoneNumber: NUMBER, lead: { externalId: 'daughter' } },
    ],
    [
      'when the lead has another number than the customer',
      { customerPhoneNumber: NUMBER, lead: { name: 'Switchboard' } },
      { customerPhoneNumber: NUMBER, lead: { phone: '+4915112340002' } },
    ],
    [
      'when both have a text that is no number',
      { ...NOBODY, lead: { phone: 'unknown' } },
      { ...NOBODY, lead: { phone: 'unknown' } },
    ],
    [
      'when both have a text that is no e-mail address',
      { ...NOBODY, lead: { email: 'n/a' } },
      { ...NOBODY, lead: { email: 'n/a' } },
    ],
    [
      'when the number of both was not understood',
      { customerPhoneNumber: 'anonymous', lead: { name: 'A' } },
      { customerPhoneNumber: 'anonymous', lead: { name: 'B' } },
    ],
    [
      'when an opaque address differs in case',
      { ...NOBODY, customerAddress: 'aB', lead: { name: 'A' } },
      { ...NOBODY, customerAddress: 'AB', lead: { name: 'B' } },
    ],
  ])('%s', async (_when, first, second) => {
    expect(await leadOf(first)).not.toBe(await leadOf(second));
  });

  it('and a number that two have joins the one that had it first', async () => {
    const mother = await leadOf({ customerPhoneNumber: NUMBER, lead: { externalId: 'mother' } });
    await leadOf({ customerPhoneNumber: NUMBER, lead: { externalId: 'daughter' } });
    expect(await leadOf({ customerPhoneNumber: NUMBER, lead: { name: 'One of them' } })).toBe(mother);
  });

  it('also in one batch', async () => {
    const mother = await leadOf({ ...NOBODY, lead: { externalId: 'mother' } });
    const messages: MessageFields[] = [
      { customerPhoneNumber: NUMBER, lead: { externalId: 'mother' } },
      { customerPhoneNumber: NUMBER, lead: { externalId: 'daughter' } },
      { customerPhoneNumber: NUMBER, customerAddress: 'visitor-81', lead: { name: 'One of them' } },
      { ...NOBODY, customerAddress: 'visitor-81', lead: { externalId: 'son' } },
    ];
    const results = await reportBatch(
      world,
      messages.map((fields) => messageTo(inbox, fields)),
    );
    const leads = await Promise.all(
      results.map(async ({ conversationId }) => (await world.conversation(conversationId!)).leadId),
    );
    expect([leads[0], leads[2]]).toEqual([mother, mother]);
    expect(new Set(leads).size).toBe(3);
  });

  it('in another tenant', async () => {
    const foreign = await World.create(app);
    const message = { customerPhoneNumber: NUMBER, lead: { name: 'Carla' } };
    const theirs = await report(foreign, messageTo(await foreign.inbox(), message));
    expect(await leadOf(message)).not.toBe(theirs.conversation.leadId);
  });
});

describe('a message without a lead', () => {
  it.each([{}, { lead: null }, { lead: {} }, { lead: { externalId: '', name: null } }])(
    'creates none: %j',
    async (fields) => {
      await leadOf({ customerPhoneNumber: NUMBER, lead: { name: 'Carla' } });
      const { conversation } = await report(
        world,
        messageTo(inbox, { customerPhoneNumber: NUMBER, ...fields }),
      );
      expect(conversation.leadId).toBeNull();
      expect(await leadCount()).toBe(1);
    },
  );
});

it('a message that was seen before changes no lead', async () => {
  const thread = messageTo(inbox, { messageId: 'm-1', lead: { name: 'Carla' } });
  const { conversation } = await report(world, thread);
  await report(world, { ...thread, lead: { name: 'Eve', phone: '+4915112340077' } });
  expect(await shown(conversation.leadId!)).toMatchObject({ name: 'Carla', phone: null });
  expect(await leadOf({ ...NOBODY, lead: { phone: '+4915112340077' } })).not.toBe(conversation.leadId);
});

describe('messages about one new person at once', () => {
  it.each<[string, (i: number) => MessageFields]>([
    ['the number', () => ({ customerPhoneNumber: NUMBER, lead: { name: 'Carla' } })],
    ['the address', () => ({ ...NOBODY, customerAddress: 'visitor-81', lead: { name: 'Carla' } })],
    [
      'the external id',
      (i) => ({ customerPhoneNumber: `+49151123${10_000 + i}`, lead: { externalId: 'crm-1' } }),
    ],
    ['the thread', () => ({ ...NOBODY, externalConversationId: 'thread', lead: { name: 'Carla' } })],
  ])('create one lead by %s', async (_key, fields) => {
    const done = await Promise.all(
      Array.from({ length: 12 }, (_, i) => report(world, messageTo(inbox, fields(i)))),
    );
    expect(new Set(done.map(({ conversation }) => conversation.leadId)).size).toBe(1);
    expect(await leadCount()).toBe(1);
  });

  it('in batches of any order do not stand in each other’s way', async () => {
    const people = Array.from({ length: 40 }, (_, i) => ({
      customerPhoneNumber: `+49151123${10_000 + i}`,
      customerAddress: `visitor-${i}`,
      lead: i % 2 === 0 ? { externalId: `crm-${i}` } : { name: `Person ${i}` },
    }));
    const batches = [people, [...people].reverse(), [...people.slice(20), ...people.slice(0, 20)]];
    const before = await deadlocks();
    await Promise.all(
      batches.map((batch) =>
        reportBatch(
          world,
          batch.map((fields) => messageTo(inbox, { ...fields, messageId: randomUUID() })),
        ),
      ),
    );
    expect(await leadCount()).toBe(people.length);
    expect(await deadlocks()).toBe(before);
  });
});

async function deadlocks(): Promise<number> {
  const [row] = await app.database.rows<{ count: number }>(
    'select deadlocks::integer as count from pg_stat_database where datname = current_database()',
  );
  return row!.count;
}
