import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { LeadWithConversations } from '../src/leads/lead.js';
import { TestApplication, type Headers } from './support/application.js';
import { idsOf, leadOf, leads, namesOf, wrote } from './support/leads.js';
import { messageTo, reportBatch } from './support/messages.js';
import { follow, page, type Query } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { minutesBefore, World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const act = (verb: string, caller: Headers, { id: conversationId }: ConversationResponse) =>
  app.call('post', `/allocation/${verb}`, caller).send({ conversationId }).expect(200);

describe('a list with conversations', () => {
  const listed = async (caller: Headers, query: Query = {}) =>
    (await page<LeadWithConversations>(app, '/leads', caller, { ...query, include: 'conversations' })).data;

  it('has the ten most recent ones of each lead, those that the caller sees', async () => {
    const world = await World.create(app);
    const [shown, hidden] = [await world.inbox(), await world.inbox()];
    const operator = await world.operator({ inboxes: [shown, hidden] });
    const held = await wrote(world, hidden, 'carla', { occurredAt: minutesBefore(90) });
    await act('claim', operator.headers, held);
    await world.unsubscribe(hidden, operator);
    const unseen = await wrote(world, hidden, 'carla', { occurredAt: minutesBefore(1) });
    const many: ConversationResponse[] = [];
    for (let i = 1; i <= 11; i++)
      many.push(await wrote(world, shown, 'ben', { occurredAt: minutesBefore(i) }));
    const last = await wrote(world, shown, 'carla', { occurredAt: minutesBefore(50) });
    await wrote(world, shown, 'nobody left');

    const all = await listed(world.admin);
    expect(namesOf({ data: all })).toEqual(['nobody left', 'ben', 'carla']);
    expect(idsOf(all[1]!.conversations)).toEqual(idsOf(many.slice(0, 10)));
    expect(idsOf(all[2]!.conversations)).toEqual(idsOf([unseen, last, held]));
    expect(all[2]!.conversations[2]).toEqual(await world.conversation(held.id));
    const seen = await listed(operator.headers, { externalId: 'carla' });
    expect(seen.map(({ conversations }) => idsOf(conversations))).toEqual([idsOf([last, held])]);
    // Without it, the list has none.
    expect(Object.keys((await leads(world, world.admin)).data[0]!)).not.toContain('conversations');
  });

  it('has pages like the one without', async () => {
    const world = await World.create(app, { normalization: 'CANDIDATE_WINDOW' });
    const inbox = await world.inbox();
    for (const name of ['a', 'b', 'c']) await wrote(world, inbox, name);
    const first = await leads(world, world.admin, { limit: 2, include: 'conversations' });
    const rest = await leads(world, world.admin, { limit: 2, cursor: first.nextCursor! });
    expect([...namesOf(first), ...namesOf(rest)]).toEqual(['c', 'b', 'a']);
    const [c] = first.data as LeadWithConversations[];
    expect(c!.conversations[0]!.priorityScore).not.toBeNull();
    const next = await app
      .call('post', '/leads/search', world.admin)
      .send({ limit: 2, cursor: first.nextCursor })
      .expect(200);
    expect(next.body).toEqual(rest);
  });
});

describe('one lead', () => {
  it('has the conversations of all inboxes, most recent activity first', async () => {
    const world = await World.create(app);
    const inboxes = [await world.inbox(), await world.inbox(), await world.inbox()];
    const holder = await world.operator({ inboxes });
    type Made = ConversationResponse;
    const made: Made[] = [];
    for (const [i, minutes] of [20, 40, 10].entries()) {
      made.push(await wrote(world, inboxes[i]!, 'carla', { occurredAt: minutesBefore(minutes) }));
    }
    await wrote(world, inboxes[0]!, 'ben');
    const [middle, oldest, newest] = made as [Made, Made, Made];
    await act('resolve', world.admin, oldest);
    await act('claim', holder.headers, middle);
    const lead = await leadOf(world, world.orchestrator, middle);
    expect(lead).toMatchObject({ id: middle.leadId, externalId: 'carla' });
    expect(idsOf(lead.conversations)).toEqual(idsOf([newest, middle, oldest]));
    expect(lead.conversations.map(({ state }) => state)).toEqual(['QUEUED', 'ALLOCATED', 'RESOLVED']);
    for (const shown of lead.conversations.slice(1))
      expect(shown).toEqual(await world.conversation(shown.id));
  });

  it('has the 100 most recent; the list of conversations has the rest', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const minutes = Array.from({ length: 101 }, (_, i) => i + 1);
    const messages = minutes.map((ago) =>
      messageTo(inbox, { occurredAt: minutesBefore(ago), lead: { externalId: 'busy' } }),
    );
    const results = (await reportBatch(world, messages)) as { conversationId: string }[];
    const { leadId } = await world.conversation(results[0]!.conversationId);
    const { conversations } = await leadOf(world, world.admin, { leadId });
    expect(idsOf(conversations)).toEqual(results.slice(0, 100).map(({ conversationId }) => conversationId));
    const all = await follow(app, '/conversations', world.admin, { leadId: leadId!, limit: 100 });
    expect(all).toHaveLength(101);
  });

  it('is 404 for another tenant and for an unknown id', async () => {
    const [world, foreign] = [await World.create(app), await World.create(app)];
    const { leadId } = await wrote(world, await world.inbox(), 'carla');
    await leadOf(world, world.admin, { leadId: leadId!.toUpperCase() });
    await refused(app.call('get', `/leads/${leadId}`, foreign.admin), 'NOT_FOUND');
    await refused(app.call('get', `/leads/${world.tenantId}`, world.admin), 'NOT_FOUND');
    await invalid(app.call('get', '/leads/carla', world.admin), 'id');
  });
});

describe('an OPERATOR', () => {
  let world: World;
  let operator: Person;
  let seen: Record<'waiting' | 'held' | 'resolved' | 'ownElsewhere' | 'both', ConversationResponse>;
  let unseen: Record<'waiting' | 'held' | 'both', ConversationResponse>;

  beforeAll(async () => {
    world = await World.create(app);
    const [shown, hidden] = [await world.inbox(), await world.inbox()];
    const inboxes = [shown, hidden];
    operator = await world.operator({ inboxes });
    const colleague = await world.operator({ inboxes });
    seen = {
      waiting: await wrote(world, shown, 'waiting'),
      held: await wrote(world, shown, 'held'),
      resolved: await wrote(world, shown, 'resolved'),
      ownElsewhere: await wrote(world, hidden, 'own elsewhere'),
      both: await wrote(world, shown, 'both'),
    };
    unseen = {
      waiting: await wrote(world, hidden, 'unseen', { email: 'un@seen.example', phone: '+4915112340007' }),
      held: await wrote(world, hidden, 'unseen and held'),
      both: await wrote(world, hidden, 'both', { customerPhoneNumber: '+4915112340006' }),
    };
    await act('claim', colleague.headers, seen.held);
    await act('claim', colleague.headers, unseen.held);
    await act('resolve', world.admin, seen.resolved);
    await act('claim', operator.headers, seen.ownElsewhere);
    await world.unsubscribe(hidden, operator);
  });

  it('sees only leads of conversations they see', async () => {
    const list = await leads(world, operator.headers);
    expect(namesOf(list)).toEqual(['both', 'own elsewhere', 'resolved', 'held', 'waiting']);
    const { data } = await page(app, '/conversations', operator.headers);
    expect(new Set(idsOf(list.data))).toEqual(new Set(data.map(({ leadId }) => leadId)));
  });

  it('sees only those conversations of a lead that they may see', async () => {
    for (const conversation of Object.values(seen)) {
      expect(idsOf((await leadOf(world, operator.headers, conversation)).conversations)).toEqual([
        conversation.id,
      ]);
    }
    expect(idsOf((await leadOf(world, world.admin, seen.both)).conversations)).toEqual(
      idsOf([unseen.both, seen.both]),
    );
  });

  it('gets 404 for a lead without a conversation they see', async () => {
    for (const { leadId } of [unseen.waiting, unseen.held]) {
      await refused(app.call('get', `/leads/${leadId}`, operator.headers), 'NOT_FOUND');
      await leadOf(world, world.admin, { leadId });
    }
    const queries: Query[] = [
      { email: 'un@seen.example' },
      { phone: '+4915112340007' },
      { externalId: 'unseen' },
    ];
    for (const query of queries) {
      expect(namesOf(await leads(world, operator.headers, query))).toEqual([]);
      expect(namesOf(await leads(world, world.admin, query))).toEqual(['unseen']);
    }
  });

  it('does not see the numbers with which a lead writes to other inboxes', async () => {
    const query = { phone: unseen.both.customerPhoneNumber! };
    expect(namesOf(await leads(world, operator.headers, query))).toEqual([]);
    expect(namesOf(await leads(world, world.admin, query))).toEqual(['both']);
  });

  it('no longer sees a lead after its last visible conversation', async () => {
    expect(namesOf(await leads(world, operator.headers, { externalId: 'own elsewhere' }))).toHaveLength(1);
    await act('resolve', operator.headers, seen.ownElsewhere);
    expect(namesOf(await leads(world, operator.headers))).toEqual(['both', 'resolved', 'held', 'waiting']);
    await refused(app.call('get', `/leads/${seen.ownElsewhere.leadId}`, operator.headers), 'NOT_FOUND');
  });

  it('sees the leads of the whole tenant with autoSubscribe', async () => {
    const open = await World.create(app, { autoSubscribe: true });
    const conversation = await wrote(open, await open.inbox(), 'carla');
    const anybody = await open.operator();
    expect(namesOf(await leads(world, anybody.headers))).toEqual(['carla']);
    expect(idsOf((await leadOf(world, anybody.headers, conversation)).conversations)).toEqual([
      conversation.id,
    ]);
  });
});
