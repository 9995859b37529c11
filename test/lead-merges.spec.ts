import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { LeadMerges } from '../src/leads/lead-merges.js';
import type { LeadResponse, LeadWithConversations } from '../src/leads/lead.js';
import { Jobs } from '../src/scheduling/jobs.js';
import { TestApplication } from './support/application.js';
import { changesNothing, ledgerOf, newEntry } from './support/behind.js';
import { keyed, replayed } from './support/idempotency-keys.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report, type MessageFields } from './support/messages.js';
import { follow } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { World } from './support/world.js';

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
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

const NUMBER = '+4915112340001';

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

const merging = (id: string | null, intoLeadId: string | null, as = world.admin) =>
  app.call('post', `/leads/${id}/merge`, as).send({ intoLeadId });

describe('a merge of two leads', () => {
  it('gives conversations, external ids, numbers and addresses to the other one', async () => {
    const first = await wrote(
      { externalId: 'shop-1', name: 'C. Customer', email: 'c@x.example' },
      { customerPhoneNumber: NUMBER },
    );
    const second = await wrote({ externalId: 'crm-1', name: 'Carla' }, { customerAddress: 'visitor-1' });
    const { body } = await merging(first.leadId, second.leadId).expect(200);
    const merged = body as LeadWithConversations;
    expect(merged).toMatchObject({
      id: second.leadId,
      externalId: 'crm-1',
      externalIds: ['crm-1', 'shop-1'],
      name: 'Carla',
      email: 'c@x.example',
    });
    expect(merged.conversations.map(({ id }) => id).sort()).toEqual([first.id, second.id].sort());
    expect((await shown(first.leadId)).id).toBe(merged.id);
    for (const leadId of [first.leadId, second.leadId]) {
      for (const sort of ['newest', 'priority']) {
        const list = await follow(app, '/conversations', world.admin, { leadId: leadId!, sort, limit: 1 });
        expect(list.map(({ id }) => id).sort()).toEqual([first.id, second.id].sort());
      }
    }

    for (const lead of [{ externalId: 'shop-1' }, { externalId: 'crm-1' }, { email: 'new@x.example' }]) {
      const fields = 'email' in lead ? { customerPhoneNumber: NUMBER } : {};
      expect((await wrote(lead, fields)).leadId).toBe(second.leadId);
    }
    const { body: list } = await app.call('get', '/leads', world.admin).expect(200);
    expect((list as { data: LeadResponse[] }).data.map(({ id }) => id)).toEqual([second.leadId]);
    for (const externalId of ['shop-1', 'crm-1']) {
      const found = await app.call('get', '/leads', world.admin).query({ externalId }).expect(200);
      expect((found.body as { data: LeadResponse[] }).data.map(({ id }) => id)).toEqual([second.leadId]);
    }
  });

  it('is in the ledger of the conversations that moved, and raises their version', async () => {
    const first = await wrote({ externalId: 'shop-1' });
    const second = await wrote({ externalId: 'crm-1' });
    const manager = await world.operator({ role: 'MANAGER' });
    const entry = await newEntry(world, first.id, () =>
      merging(first.leadId, second.leadId, manager.headers).expect(200),
    );
    expect(entry).toMatchObject({
      type: 'conversation.customer_changed',
      version: 2,
      actor: { type: 'OPERATOR', id: manager.id },
      reason: 'The lead was merged into another one',
      from: { state: 'QUEUED', inboxId: inbox.id },
      to: { state: 'QUEUED', inboxId: inbox.id },
    });
    expect(await world.conversation(first.id)).toMatchObject({ leadId: second.leadId, version: 2 });
    expect(await ledgerOf(world, second.id)).toHaveLength(1);
    const { body } = await app.call('get', '/events?limit=1000', world.admin).expect(200);
    const events = (body as { data: { type: string }[] }).data;
    expect(events.filter(({ type }) => type === 'conversation.customer_changed')).toHaveLength(1);
  });

  it('keeps a thread without a lead in its messages at the other lead', async () => {
    const thread = messageTo(inbox, { customerPhoneNumber: null, lead: { name: 'Visitor' } });
    const { conversation } = await report(world, thread);
    const second = await wrote({ externalId: 'crm-1' });
    await merging(conversation.leadId, second.leadId).expect(200);
    for (const lead of [undefined, { name: 'Vera' }]) {
      const { lead: _, ...rest } = thread;
      const next = await report(world, lead === undefined ? rest : { ...rest, lead });
      expect(next.conversation).toMatchObject({ leadId: second.leadId, version: 2 });
    }
    expect((await shown(second.leadId)).name).toBe('Vera');
  });

  it('may follow another one', async () => {
    const [a, b, c] = [
      await wrote({ externalId: 'a' }),
      await wrote({ externalId: 'b' }),
      await wrote({ name: 'C' }),
    ];
    await merging(a.leadId, b.leadId).expect(200);
    await merging(b.leadId, c.leadId).expect(200);
    for (const id of [a.leadId, b.leadId])
      expect(await shown(id)).toMatchObject({ id: c.leadId, externalId: 'b', externalIds: ['b', 'a'] });
    expect((await wrote({ externalId: 'a' })).leadId).toBe(c.leadId);
  });

  it('is refused for a lead and itself, an unknown one, and one of another tenant', async () => {
    const { leadId } = await wrote({ externalId: 'crm-1' });
    const foreign = await World.create(app);
    const theirs = (await report(foreign, messageTo(await foreign.inbox(), { lead: { externalId: 'x' } })))
      .conversation.leadId!;
    const operator = await world.operator({ inboxes: [inbox] });
    await changesNothing(foreign, () =>
      changesNothing(world, async () => {
        await invalid(merging(leadId, leadId), 'intoLeadId');
        await invalid(merging(leadId, null), 'intoLeadId');
        for (const nobody of [world.tenantId, theirs]) {
          await refused(merging(nobody, leadId), 'NOT_FOUND');
          await refused(merging(leadId, nobody), 'NOT_FOUND');
        }
        await refused(merging(leadId, theirs, operator.headers), 'FORBIDDEN');
      }),
    );
  });

  it('is refused for a lead that was merged before, with the one into which it was', async () => {
    const [a, b, c] = [
      await wrote({ externalId: 'a' }),
      await wrote({ externalId: 'b' }),
      await wrote({ name: 'C' }),
    ];
    await merging(a.leadId, b.leadId).expect(200);
    const where = { intoLeadId: b.leadId };
    for (const call of [
      merging(a.leadId, b.leadId),
      merging(a.leadId, c.leadId),
      merging(c.leadId, a.leadId),
    ])
      await refused(call, 'LEAD_MERGED', where);
    await refused(patching(a.leadId, { name: 'Carla' }), 'LEAD_MERGED', where);
  });

  it('has one effect when it is repeated with its key', async () => {
    const [a, b] = [await wrote({ externalId: 'a' }), await wrote({ externalId: 'b' })];
    const once = await merging(a.leadId, b.leadId, keyed(world.admin, 'merge')).expect(200);
    const again = await merging(a.leadId, b.leadId, keyed(world.admin, 'merge')).expect(200);
    expect([again.body, replayed(again)]).toEqual([once.body, 'true']);
    expect(await ledgerOf(world, a.id)).toHaveLength(2);
  });

  it('of two at once into each other, one wins', async () => {
    const [a, b] = [await wrote({ externalId: 'a' }), await wrote({ externalId: 'b' })];
    const done = await Promise.all([merging(a.leadId, b.leadId), merging(b.leadId, a.leadId)]);
    expect(done.map(({ status }) => status).sort()).toEqual([200, 409]);
    const [, kept] = done[0].status === 200 ? [a, b] : [b, a];
    expect((await shown(a.leadId)).id).toBe(kept.leadId);
    expect((await shown(kept.leadId)).conversations).toHaveLength(2);
  });
});

describe('a lead with thousands of conversations', () => {
  const MANY = 2_300;

  /** Resolved conversations, which cost the least to make. They have no ledger, so they are deleted afterwards. */
  async function crowded(leadId: string | null): Promise<void> {
    await app.database.rows(
      `insert into conversations (tenant_id, id, inbox_id, origin_inbox_id, external_conversation_id, lead_id, state,
        message_count, last_message_at, waiting_since, resolved_at, last_event_id)
      select $1, gen_random_uuid(), $2, $2, 'crowd-' || n, $3, 'RESOLVED', 1, now(), now(), now(), gen_random_uuid()
      from generate_series(1, $4) as s (n)`,
      [world.tenantId, inbox.id, leadId, MANY],
    );
  }
  const ofLead = async (leadId: string | null) =>
    (await app.database.rows('select 1 from conversations where lead_id = $1', [leadId])).length;

  afterEach(async () => {
    for (const statement of [
      `delete from conversation_events where tenant_id = $1 and external_conversation_id like 'crowd-%'`,
      `delete from conversations where tenant_id = $1 and external_conversation_id like 'crowd-%'`,
      `delete from feed_backlog where tenant_id = $1`,
      `delete from feed_positions where tenant_id = $1`,
      `delete from conversation_events where tenant_id = $1`,
      `delete from conversations where tenant_id = $1`,
    ])
      await app.database.rows(statement, [world.tenantId]);
  });

  it('is merged at once, and a job moves the rest, also when the instance dies', async () => {
    const [a, b, c] = [
      await wrote({ externalId: 'a' }),
      await wrote({ externalId: 'b' }),
      await wrote({ name: 'C' }),
    ];
    await crowded(a.leadId);
    jest.spyOn(app.nest.get(Jobs), 'soon').mockImplementation(() => undefined);

    const begun = performance.now();
    await merging(a.leadId, b.leadId).expect(200);
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(await ofLead(b.leadId)).toBe(1 + 1_000);
    expect((await wrote({ externalId: 'a' })).leadId).toBe(b.leadId);
    // What is left follows to where the other one went meanwhile.
    await merging(b.leadId, c.leadId).expect(200);
    await app.run(LeadMerges);
    expect([await ofLead(a.leadId), await ofLead(b.leadId)]).toEqual([0, 0]);
    expect(await ofLead(c.leadId)).toBe(MANY + 4);
  });
});
