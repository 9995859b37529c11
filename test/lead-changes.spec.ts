import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import type { LeadResponse, LeadWithConversations } from '../src/leads/lead.js';
import { TestApplication } from './support/application.js';
import { changesNothing } from './support/behind.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report, type MessageFields } from './support/messages.js';
import { invalid, refused } from './support/refused.js';
import { minutesBefore, World } from './support/world.js';

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app);
  inbox = await world.inbox();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

const NUMBER = '+4915112340001';
const NEW = '+4915112340002';

async function wrote(lead: MessageFields['lead'], fields: MessageFields = {}): Promise<ConversationResponse> {
  const message = messageTo(inbox, { customerPhoneNumber: null, ...fields, lead: lead! });
  return (await report(world, message)).conversation;
}

async function shown(id: string | null, as = world.admin): Promise<LeadWithConversations> {
  const { body } = await app.call('get', `/leads/${id}`, as).expect(200);
  return body as LeadWithConversations;
}

const patching = (id: string | null, fields: object, as = world.admin) =>
  app.call('patch', `/leads/${id}`, as).send(fields);

async function changed(id: string | null, fields: object): Promise<LeadResponse> {
  return (await patching(id, fields).expect(200)).body as LeadResponse;
}

describe('a change of a lead', () => {
  it('sets, keeps and clears fields', async () => {
    const { leadId } = await wrote({ externalId: 'crm-1', name: 'C.', email: 'c@x.example', phone: NUMBER });
    expect(await changed(leadId, { name: ' Carla ', phone: '+49 151 1234 0002' })).toMatchObject({
      id: leadId,
      externalId: 'crm-1',
      name: 'Carla',
      email: 'c@x.example',
      phone: NEW,
    });
    expect(await changed(leadId, { email: null, name: null })).toMatchObject({
      name: null,
      email: null,
      phone: NEW,
    });
    expect(await changed(leadId, {})).toMatchObject({ name: null, phone: NEW });
  });

  it('is made by managers, administrators and services', async () => {
    const { leadId } = await wrote({ externalId: 'crm-1' });
    const manager = await world.operator({ role: 'MANAGER' });
    const operator = await world.operator({ inboxes: [inbox] });
    for (const as of [manager.headers, world.orchestrator])
      await patching(leadId, { name: 'Carla' }, as).expect(200);
    await refused(patching(leadId, { name: 'Eve' }, operator.headers), 'FORBIDDEN');
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 'a\nb' }, 'name'],
    [{ email: 'n/a' }, 'email'],
    [{ phone: 'ask her mother' }, 'phone'],
    [{ externalId: 'crm-2' }, 'externalId'],
  ])('refuses %j', async (fields, field) => {
    const { leadId } = await wrote({ externalId: 'crm-1' });
    await changesNothing(world, () => invalid(patching(leadId, fields), field));
  });

  it('is not undone by a message that was written before it', async () => {
    const { leadId } = await wrote({ externalId: 'crm-1', name: 'C.' });
    await changed(leadId, { name: 'Carla' });
    await wrote({ externalId: 'crm-1', name: 'Late' }, { occurredAt: minutesBefore(1) });
    expect((await shown(leadId)).name).toBe('Carla');
    await wrote({ externalId: 'crm-1', name: 'Carla Customer' });
    expect((await shown(leadId)).name).toBe('Carla Customer');
  });

  it('makes it known by the new number and address instead of the old ones', async () => {
    const { leadId } = await wrote({ name: 'C.', phone: NUMBER });
    await changed(leadId, { phone: NEW, email: 'Carla@x.example' });
    const found = async (query: object) => {
      const { body } = await app.call('get', '/leads', world.admin).query(query).expect(200);
      return (body as { data: LeadResponse[] }).data.map(({ id }) => id);
    };
    expect(await found({ phone: NEW })).toEqual([leadId]);
    expect(await found({ phone: NUMBER })).toEqual([]);
    expect((await wrote({ name: 'C.' }, { customerPhoneNumber: NEW })).leadId).toBe(leadId);
    expect((await wrote({ email: 'carla@X.example' })).leadId).toBe(leadId);
    expect((await wrote({ name: 'Somebody else' }, { customerPhoneNumber: NUMBER })).leadId).not.toBe(leadId);
  });

  it('keeps a number in another form, and leaves one that another lead has', async () => {
    const first = await wrote({ name: 'A', phone: '+5215512345678' });
    await changed(first.leadId, { phone: '+525512345678' });
    const second = await wrote({ name: 'B', phone: NUMBER });
    await changed(second.leadId, { phone: '+525512345678' });
    expect((await wrote({ name: 'A', phone: '+5215512345678' })).leadId).toBe(first.leadId);
  });

  it('is 404 in another tenant and for an unknown lead', async () => {
    const foreign = await World.create(app);
    const { leadId } = await wrote({ externalId: 'crm-1' });
    await changesNothing(world, () => refused(patching(leadId, { phone: NEW }, foreign.admin), 'NOT_FOUND'));
    await refused(patching(world.tenantId, { name: 'Carla' }), 'NOT_FOUND');
    expect((await wrote({ name: 'C.', phone: NEW })).leadId).not.toBe(world.tenantId);
  });
});
