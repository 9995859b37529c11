import { Retention } from '../src/leads/retention.js';
import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report, type MessageFields } from './support/messages.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app, { retentionDays: 30 });
  inbox = await world.inbox();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

async function wrote(externalId: string, fields: MessageFields = {}): Promise<ConversationResponse> {
  const lead = { externalId, name: `${externalId} name`, email: `${externalId}@customer.example` };
  return (await report(world, messageTo(inbox, { displayName: externalId, lead, ...fields }))).conversation;
}

async function resolved(externalId: string, fields: MessageFields = {}): Promise<ConversationResponse> {
  return world.resolve((await wrote(externalId, fields)).id);
}

/** Lets all that has happened have happened so long ago. */
async function letPass(days: number): Promise<void> {
  for (const change of [
    'update conversation_events set occurred_at = occurred_at - $2 * interval $$1 day$$ where tenant_id = $1',
    'update conversations set resolved_at = resolved_at - $2 * interval $$1 day$$ where tenant_id = $1',
    'update left_leads set left_at = left_at - $2 * interval $$1 day$$ where tenant_id = $1',
    'update retention_progress set occurred_at = occurred_at - $2 * interval $$1 day$$ where tenant_id = $1',
  ])
    await app.database.rows(change, [world.tenantId, days]);
}

const isErased = async ({ id }: { id: string }) =>
  (await world.conversation(id)).externalConversationId === ` erased:${id}`;

const leadStatus = async (id: string | null) => (await app.call('get', `/leads/${id}`, world.admin)).status;

it('erases what was resolved so long ago, and their leads, and nothing else', async () => {
  const [old, waiting] = [await resolved('old'), await wrote('waiting')];
  await letPass(29);
  const young = await resolved('young');
  await app.run(Retention);
  expect(await isErased(old)).toBe(false);
  await letPass(1);
  expect(await app.run(Retention)).toBeGreaterThan(0);
  expect(await isErased(old)).toBe(true);
  expect(await world.conversation(old.id)).toMatchObject({
    displayName: null,
    customerPhoneNumber: null,
    leadId: null,
    state: 'RESOLVED',
    version: old.version + 1,
  });
  expect(await leadStatus(old.leadId)).toBe(404);
  for (const other of [waiting, young]) {
    expect(await isErased(other)).toBe(false);
    expect(await leadStatus(other.leadId)).toBe(200);
  }
  expect(await app.run(Retention)).toBe(0);
  const { body } = await app.call('get', '/audit-events?action=lead.erased', world.admin).expect(200);
  expect((body as { data: unknown[] }).data).toEqual([
    expect.objectContaining({
      actor: expect.objectContaining({ type: 'SYSTEM', id: null }) as unknown,
      subject: { type: 'LEAD', id: old.leadId, name: null },
    }),
  ]);
});

it('keeps a lead with another conversation until that one is old, too', async () => {
  const first = await resolved('carla');
  const second = await wrote('carla');
  await letPass(31);
  await app.run(Retention);
  expect([await isErased(first), await isErased(second)]).toEqual([true, false]);
  const { body } = await app.call('get', `/leads/${second.leadId}`, world.admin).expect(200);
  expect((body as { conversations: { id: string }[] }).conversations.map(({ id }) => id)).toEqual([
    second.id,
  ]);
  // The thread begins anew, with the lead that is still there.
  const again = await wrote('carla', { externalConversationId: first.externalConversationId });
  expect(again.id).not.toBe(first.id);
  expect(again.leadId).toBe(second.leadId);
  await world.resolve(again.id);
  await world.resolve(second.id);
  await letPass(31);
  await app.run(Retention);
  expect(await leadStatus(second.leadId)).toBe(404);
});

it('does not erase what was reopened, until it is resolved again', async () => {
  const first = await resolved('carla');
  await letPass(31);
  await wrote('carla', { externalConversationId: first.externalConversationId });
  await app.run(Retention);
  expect(await isErased(first)).toBe(false);
  await world.resolve(first.id);
  await app.run(Retention);
  expect(await isErased(first)).toBe(false);
  await letPass(31);
  await app.run(Retention);
  expect(await isErased(first)).toBe(true);
});

it('erases conversations without a lead, and visitors known by their thread', async () => {
  const { conversation: nobody } = await report(world, messageTo(inbox, { displayName: 'Nobody' }));
  const { conversation: visitor } = await report(
    world,
    messageTo(inbox, { customerPhoneNumber: null, lead: { name: 'Visitor' } }),
  );
  for (const { id } of [nobody, visitor]) await world.resolve(id);
  await letPass(30);
  await app.run(Retention);
  expect([await isErased(nobody), await isErased(visitor)]).toEqual([true, true]);
  expect(await app.database.rows('select 1 from lead_keys where tenant_id = $1', [world.tenantId])).toEqual(
    [],
  );
});

it('erases a lead whose conversations went to another one', async () => {
  const first = await wrote('first');
  const thread = { externalConversationId: first.externalConversationId };
  const { leadId: second } = await wrote('second', { ...thread, customerPhoneNumber: '+4915112349999' });
  expect(second).not.toBe(first.leadId);
  await letPass(30);
  await app.run(Retention);
  expect(await leadStatus(first.leadId)).toBe(404);
  expect(await leadStatus(second)).toBe(200);
});

it('erases nothing without the setting, and everything that is due with it', async () => {
  await world.change({ retentionDays: null });
  const old = await Promise.all(Array.from({ length: 5 }, (_, i) => resolved(`old-${i}`)));
  await letPass(400);
  expect(await app.run(Retention)).toBe(0);
  await world.change({ retentionDays: 365 });
  await app.run(Retention);
  expect(await Promise.all(old.map(isErased))).toEqual(old.map(() => true));
});

it.each([0, 36_501, 1.5, '30', true])('refuses %j days', async (retentionDays) => {
  await app.call('patch', '/tenant/settings', world.admin).send({ retentionDays }).expect(400);
});
