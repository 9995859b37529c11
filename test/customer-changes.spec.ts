import type { ConversationResponse } from '../src/conversations/conversation.js';
import { ledgerOf, newEntry } from './support/behind.js';
import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report, reportBatch, type MessageFields } from './support/messages.js';
import { follow } from './support/pages.js';
import { minutesBefore, World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

const OLD = '+4915112340001';
const NEW = '+4915112340002';

async function setup(fields: MessageFields = {}) {
  const world = await World.create(app);
  const inbox = await world.inbox();
  const operator = await world.operator({ inboxes: [inbox] });
  const thread = messageTo(inbox, { customerPhoneNumber: OLD, ...fields });
  const { conversation } = await report(world, { ...thread, occurredAt: minutesBefore(20) });
  return { world, inbox, operator, thread, conversation };
}

const found = async (world: World, phoneNumber: string, headers = world.admin) =>
  (await follow(app, '/conversations/search', headers, { phoneNumber, limit: 1 })).map(({ id }) => id);

describe('a change of the customer of a thread', () => {
  it.each([
    ['number', { customerPhoneNumber: NEW }],
    ['address', { customerAddress: 'visitor-2' }],
    ['lead', { lead: { externalId: 'crm-2' } }],
    [
      'number, address, lead',
      { customerPhoneNumber: NEW, customerAddress: 'v', lead: { externalId: 'crm-3' } },
    ],
  ])('of the %s is in the ledger without the values, and raises the version', async (what, fields) => {
    const first = { customerAddress: 'visitor-1', lead: { externalId: 'crm-1' } };
    const { world, inbox, thread, conversation } = await setup(first);
    const entry = await newEntry(world, conversation.id, async () => {
      const response = await report(world, { ...thread, ...fields });
      expect(response.conversation).toMatchObject({ id: conversation.id, version: 2 });
    });
    const place = { state: 'QUEUED', operatorId: null, inboxId: inbox.id };
    expect(entry).toMatchObject({
      type: 'conversation.customer_changed',
      version: 2,
      actor: { type: 'SERVICE', id: 'orchestrator' },
      reason: `Changed of the customer: ${what}`,
      from: place,
      to: place,
    });
    const text = JSON.stringify(entry);
    for (const value of [OLD, NEW, 'visitor', 'crm-']) expect(text).not.toContain(value);
  });

  it('is one when there was none before', async () => {
    const { world, thread, conversation } = await setup();
    const given = { customerAddress: 'visitor-1', lead: { externalId: 'crm-1' } };
    const entry = await newEntry(world, conversation.id, () => report(world, { ...thread, ...given }));
    expect(entry.reason).toBe('Changed of the customer: address, lead');
  });

  it('is none when a message repeats what is known, or does not have it, or has the same number in another form', async () => {
    const former = '+5491123456789';
    const { world, thread, conversation } = await setup({
      customerPhoneNumber: former,
      customerAddress: 'visitor-1',
      lead: { externalId: 'crm-1' },
    });
    const { customerPhoneNumber: _, customerAddress: __, lead: ___, ...plain } = thread;
    for (const message of [thread, plain, { ...plain, customerPhoneNumber: '+541123456789' }])
      await report(world, message);
    const shown = await world.conversation(conversation.id);
    expect(shown).toMatchObject({ version: 1, customerPhoneNumber: '+541123456789' });
    expect(await found(world, former)).toEqual([conversation.id]);
  });

  it('is none by a late message', async () => {
    const { world, thread, conversation } = await setup();
    const late = { ...thread, occurredAt: minutesBefore(60), customerPhoneNumber: NEW };
    const response = await report(world, late);
    expect(response.conversation).toMatchObject({ version: 1, customerPhoneNumber: OLD });
    expect(await found(world, NEW)).toEqual([]);
    expect(await ledgerOf(world, conversation.id)).toHaveLength(1);
  });

  it('is one for all messages of a batch, after they reopened it', async () => {
    const { world, thread, conversation } = await setup();
    await world.resolve(conversation.id);
    await reportBatch(world, [
      { ...thread, customerPhoneNumber: '+4915112340003' },
      { ...thread, customerPhoneNumber: NEW },
    ]);
    expect(await world.history(conversation.id)).toEqual([
      'conversation.created',
      'conversation.resolved',
      'conversation.reopened',
      'conversation.customer_changed',
    ]);
    expect((await world.conversation(conversation.id)).customerPhoneNumber).toBe(NEW);
  });

  it('stays with the holder, and a stale If-Match is refused', async () => {
    const { world, operator, thread, conversation } = await setup();
    await world.claim(conversation.id, operator);
    const changed = await report(world, { ...thread, customerPhoneNumber: NEW });
    expect(changed.conversation).toMatchObject({
      state: 'ALLOCATED',
      assignedOperatorId: operator.id,
      version: 3,
    });
    await app
      .call('post', '/allocation/resolve', { ...operator.headers, 'If-Match': '"2"' })
      .send({ conversationId: conversation.id })
      .expect(412);
  });

  it('is in the feed once', async () => {
    const { world, thread } = await setup();
    await report(world, { ...thread, customerPhoneNumber: NEW });
    const { body } = await app
      .call('get', '/events?type=conversation.customer_changed', world.orchestrator)
      .expect(200);
    expect((body as { data: object[] }).data).toHaveLength(1);
  });
});

describe('a former number', () => {
  it('still finds the conversation, for those who see it', async () => {
    const { world, operator, thread, conversation } = await setup();
    const other = await world.queued(await world.inbox(), { phone: OLD, minutesAgo: 40 });
    await report(world, { ...thread, customerPhoneNumber: NEW });
    const third = '+4915112340003';
    await report(world, { ...thread, customerPhoneNumber: third });

    expect(await found(world, OLD)).toEqual([conversation.id, other.id]);
    for (const number of [NEW, third]) expect(await found(world, number)).toEqual([conversation.id]);
    expect(await found(world, OLD, operator.headers)).toEqual([conversation.id]);
    const query = { customerPhoneNumber: OLD, sort: 'priority' };
    const { body } = await app.call('get', '/conversations', world.admin).query(query).expect(200);
    const ids = (body as { data: ConversationResponse[] }).data.map(({ id }) => id);
    expect(ids.sort()).toEqual([conversation.id, other.id].sort());
  });

  it('that is the present one again finds it once', async () => {
    const { world, thread, conversation } = await setup();
    for (const customerPhoneNumber of [NEW, OLD]) await report(world, { ...thread, customerPhoneNumber });
    for (const number of [OLD, NEW]) expect(await found(world, number)).toEqual([conversation.id]);
  });

  it('costs no row for a plain message', async () => {
    const { world, thread } = await setup();
    for (let i = 0; i < 3; i++) await report(world, thread);
    const rows = await app.database.rows('select 1 from former_phone_keys where tenant_id = $1', [
      world.tenantId,
    ]);
    expect(rows).toEqual([]);
  });
});

describe('distribution', () => {
  it('still avoids the operator who lost the conversation, after the customer changed', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const former = await world.operator({ inboxes: [inbox] });
    const thread = messageTo(inbox, { customerPhoneNumber: OLD, occurredAt: minutesBefore(20) });
    const { conversation } = await report(world, thread);
    expect(conversation.assignedOperatorId).toBe(former.id);
    await world.deallocate(conversation.id);
    await report(world, { ...thread, occurredAt: minutesBefore(10), customerPhoneNumber: NEW });
    expect((await world.conversation(conversation.id)).assignedOperatorId).toBeNull();
    const other = await world.operator({ inboxes: [inbox] });
    expect((await world.conversation(conversation.id)).assignedOperatorId).toBe(other.id);
  });
});
