import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import type { LeadResponse, LeadWithConversations } from '../src/leads/lead.js';
import { TestApplication, type Headers } from './support/application.js';
import { messageTo, report, reportBatch, type MessageFields } from './support/messages.js';
import { follow, page, type Query } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { minutesBefore, World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

/** A conversation of a lead; its externalId is their name as well. */
async function wrote(
  world: World,
  inbox: InboxResponse,
  externalId: string,
  fields: MessageFields & { email?: string; phone?: string } = {},
): Promise<ConversationResponse> {
  const { email, phone, ...message } = fields;
  const lead = { externalId, name: externalId, ...(email && { email }), ...(phone && { phone }) };
  return (await report(world, messageTo(inbox, { ...message, lead }))).conversation;
}

const act = (verb: string, caller: Headers, { id: conversationId }: ConversationResponse) =>
  app.call('post', `/allocation/${verb}`, caller).send({ conversationId }).expect(200);

const leads = (caller: Headers, query?: Query) => page<LeadResponse>(app, '/leads', caller, query);
const namesOf = ({ data }: { data: LeadResponse[] }) => data.map(({ externalId }) => externalId);

async function leadOf(
  caller: Headers,
  { leadId }: { leadId: string | null },
): Promise<LeadWithConversations> {
  const { body } = await app.call('get', `/leads/${leadId}`, caller).expect(200);
  return body as LeadWithConversations;
}

const idsOf = (conversations: { id: string }[]) => conversations.map(({ id }) => id);

describe('the list of leads', () => {
  const CARLA = { email: 'Carla.Customer@Shop.example', phone: '+4915112340001' };
  let world: World;
  beforeAll(async () => {
    world = await World.create(app);
    const [support, sales] = [await world.inbox(), await world.inbox()];
    await wrote(world, support, 'carla', { ...CARLA, customerPhoneNumber: '+4915112340009' });
    await wrote(world, sales, 'carla', { customerPhoneNumber: '+4915112340008' });
    await wrote(world, support, 'ben', { email: 'info@shop.example', customerPhoneNumber: '+4915112340002' });
    await wrote(world, sales, 'dora', { email: 'INFO@shop.example', customerPhoneNumber: '+4915112340001' });
    await world.queued(support, { phone: '+4915112340003' });
    const foreign = await World.create(app);
    await wrote(foreign, await foreign.inbox(), 'carla', CARLA);
  });

  it('shows the newest first', async () => {
    const list = await leads(world.admin);
    expect(namesOf(list)).toEqual(['dora', 'ben', 'carla']);
    expect(list).toMatchObject({ nextCursor: null, hasMore: false });
    const { id, createdAt, updatedAt, ...fields } = list.data[2]!;
    const { email, phone } = CARLA;
    expect(fields).toEqual({ tenantId: world.tenantId, externalId: 'carla', name: 'carla', email, phone });
    const { conversations: _, ...alone } = await leadOf(world.admin, { leadId: id });
    expect(alone).toEqual({ id, createdAt, updatedAt, ...fields });
  });

  it.each<[string, Query, string[]]>([
    ['their own number, and one from which somebody wrote', { phone: '+4915112340001' }, ['dora', 'carla']],
    ['the number of their first conversation', { phone: '+4915112340009' }, ['carla']],
    ['the number of another one', { phone: '+4915112340008' }, ['carla']],
    ['a number that only a conversation knows', { phone: '+4915112340002' }, ['ben']],
    ['the number of a conversation without a lead', { phone: '+4915112340003' }, []],
    ['the number of nobody', { phone: '+4915112340004' }, []],
    ['what is no number', { phone: '12' }, []],
    ['a number with spaces', { phone: '+49 151 1234 0002' }, ['ben']],
    ['a number as it is dialled at home', { phone: '+49 (0151) 1234-0002' }, ['ben']],
    ['an address in other letters', { email: 'carla.CUSTOMER@shop.example' }, ['carla']],
    ['an address that two have', { email: 'info@shop.example' }, ['dora', 'ben']],
    ['a part of an address', { email: 'customer@shop.example' }, []],
    ['an address with a wildcard', { email: 'carla_customer@shop.example' }, []],
    ['an id', { externalId: 'ben' }, ['ben']],
    ['an id in other letters', { externalId: 'Ben' }, []],
    [
      'all that fits',
      { phone: '+4915112340009', email: 'carla.customer@shop.example', externalId: 'carla' },
      ['carla'],
    ],
    ['an id and the number of somebody else', { externalId: 'carla', phone: '+4915112340002' }, []],
    ['an address and the number of two', { email: 'info@shop.example', phone: '+4915112340001' }, ['dora']],
  ])('finds by %s', async (_what, query, found) => {
    expect(namesOf(await leads(world.admin, query))).toEqual(found);
    // Callers who see all inboxes, and operators who are subscribed to all of them.
    expect(namesOf(await leads(world.orchestrator, query))).toEqual(found);
    const inboxes = (await page<InboxResponse>(app, '/inboxes', world.admin)).data;
    const { headers } = await world.operator({ inboxes });
    expect(namesOf(await leads(headers, query))).toEqual(found);
  });

  it.each<Query>([
    { email: 'carla' },
    { externalId: '' },
    { externalId: 'a\0b' },
    { limit: 101 },
    { cursor: '' },
    { name: 'carla' },
    { tenantId: 'carla' },
  ])('refuses %j', async (query) => {
    await invalid(app.call('get', '/leads', world.admin).query(query), ...Object.keys(query));
  });
});

describe('the pages of the list', () => {
  const COUNT = 7;
  const FILTERS: Query[] = [{}, { email: 'ALL@x.example' }, { phone: '+4915112345678' }];
  let world: World;
  let inboxes: InboxResponse[];
  let callers: Headers[];

  /** Everybody wrote to both inboxes, twice to each, from a number and with an address that all share. */
  beforeAll(async () => {
    world = await World.create(app);
    inboxes = [await world.inbox(), await world.inbox()];
    const [operator, holder] = [await world.operator({ inboxes }), await world.operator({ inboxes })];
    for (let i = 0; i < COUNT; i++) {
      for (const inbox of [...inboxes, ...inboxes])
        await wrote(world, inbox, `lead-${i}`, { email: 'all@x.example' });
    }
    // Held ones are found in two ways.
    await world.allocate(holder);
    callers = [world.admin, operator.headers, holder.headers];
  });

  it.each([1, 2, 100])('have each lead once, %d on a page', async (limit) => {
    const expected = Array.from({ length: COUNT }, (_, i) => `lead-${COUNT - 1 - i}`);
    for (const caller of callers) {
      for (const filter of FILTERS) {
        const data = await follow<LeadResponse>(app, '/leads', caller, { ...filter, limit });
        expect(namesOf({ data })).toEqual(expected);
      }
    }
  });

  it('repeat no lead while new leads arrive', async () => {
    const first = await leads(callers[1]!, { limit: 3 });
    await wrote(world, inboxes[0]!, 'late');
    const rest = await leads(callers[1]!, { limit: 100, cursor: first.nextCursor! });
    const all = await leads(callers[1]!, { limit: 100 });
    expect(namesOf(all)).toEqual(['late', ...namesOf(first), ...namesOf(rest)]);
  });

  it('continue only with the same filters, in the same list and for the same reader', async () => {
    const [admin, operator] = callers as [Headers, Headers, Headers];
    const query = { email: 'all@x.example', limit: 2 };
    const cursor = (await leads(admin, query)).nextCursor!;
    const list = (caller: Headers, other: Query, path = '/leads') =>
      app.call('get', path, caller).query({ ...other, cursor });
    await list(admin, { ...query, limit: 5 }).expect(200);
    for (const other of FILTERS) await refused(list(admin, other), 'INVALID_CURSOR');
    await refused(list(operator, query), 'INVALID_CURSOR');
    await refused(list((await World.create(app)).admin, query), 'INVALID_CURSOR');
    await refused(list(admin, {}, '/conversations'), 'INVALID_CURSOR');
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
    const lead = await leadOf(world.orchestrator, middle);
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
    const { conversations } = await leadOf(world.admin, { leadId });
    expect(idsOf(conversations)).toEqual(results.slice(0, 100).map(({ conversationId }) => conversationId));
    const all = await follow(app, '/conversations', world.admin, { leadId: leadId!, limit: 100 });
    expect(all).toHaveLength(101);
  });

  it('is 404 for another tenant and for an unknown id', async () => {
    const [world, foreign] = [await World.create(app), await World.create(app)];
    const { leadId } = await wrote(world, await world.inbox(), 'carla');
    await leadOf(world.admin, { leadId: leadId!.toUpperCase() });
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
    const list = await leads(operator.headers);
    expect(namesOf(list)).toEqual(['both', 'own elsewhere', 'resolved', 'held', 'waiting']);
    const { data } = await page(app, '/conversations', operator.headers);
    expect(new Set(idsOf(list.data))).toEqual(new Set(data.map(({ leadId }) => leadId)));
  });

  it('sees only those conversations of a lead that they may see', async () => {
    for (const conversation of Object.values(seen)) {
      expect(idsOf((await leadOf(operator.headers, conversation)).conversations)).toEqual([conversation.id]);
    }
    expect(idsOf((await leadOf(world.admin, seen.both)).conversations)).toEqual(
      idsOf([unseen.both, seen.both]),
    );
  });

  it('gets 404 for a lead without a conversation they see', async () => {
    for (const { leadId } of [unseen.waiting, unseen.held]) {
      await refused(app.call('get', `/leads/${leadId}`, operator.headers), 'NOT_FOUND');
      await leadOf(world.admin, { leadId });
    }
    const queries: Query[] = [
      { email: 'un@seen.example' },
      { phone: '+4915112340007' },
      { externalId: 'unseen' },
    ];
    for (const query of queries) {
      expect(namesOf(await leads(operator.headers, query))).toEqual([]);
      expect(namesOf(await leads(world.admin, query))).toEqual(['unseen']);
    }
  });

  it('does not see the numbers with which a lead writes to other inboxes', async () => {
    const query = { phone: unseen.both.customerPhoneNumber! };
    expect(namesOf(await leads(operator.headers, query))).toEqual([]);
    expect(namesOf(await leads(world.admin, query))).toEqual(['both']);
  });

  it('no longer sees a lead after its last visible conversation', async () => {
    expect(namesOf(await leads(operator.headers, { externalId: 'own elsewhere' }))).toHaveLength(1);
    await act('resolve', operator.headers, seen.ownElsewhere);
    expect(namesOf(await leads(operator.headers))).toEqual(['both', 'resolved', 'held', 'waiting']);
    await refused(app.call('get', `/leads/${seen.ownElsewhere.leadId}`, operator.headers), 'NOT_FOUND');
  });

  it('sees the leads of the whole tenant with autoSubscribe', async () => {
    const open = await World.create(app, { autoSubscribe: true });
    const conversation = await wrote(open, await open.inbox(), 'carla');
    const anybody = await open.operator();
    expect(namesOf(await leads(anybody.headers))).toEqual(['carla']);
    expect(idsOf((await leadOf(anybody.headers, conversation)).conversations)).toEqual([conversation.id]);
  });
});
