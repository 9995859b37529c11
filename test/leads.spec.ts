import type { InboxResponse } from '../src/inboxes/inbox.js';
import type { LeadResponse } from '../src/leads/lead.js';
import { TestApplication, type Headers } from './support/application.js';
import { leadOf, leads, namesOf, wrote } from './support/leads.js';
import { follow, page, type Query } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

/** Forms of a number of Mexico. */
const FORMS = [
  '+5215512345678',
  '+525512345678',
  ' 5215512345678',
  '5215512345678@c.us',
  'tel:+52-1-55-1234-5678',
  '00 52 55 1234 5678',
  '\u202a+52 1 55 1234 5678\u202c',
];

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
    await wrote(world, support, 'maria', { phone: '+525512345678', customerPhoneNumber: '+4915112340010' });
    await wrote(world, support, 'eva', { customerPhoneNumber: '+5215512345678' });
    const foreign = await World.create(app);
    await wrote(foreign, await foreign.inbox(), 'carla', CARLA);
  });

  it('shows the newest first', async () => {
    const list = await leads(world, world.admin);
    expect(namesOf(list)).toEqual(['eva', 'maria', 'dora', 'ben', 'carla']);
    expect(list).toMatchObject({ nextCursor: null, hasMore: false });
    const { id, createdAt, updatedAt, ...fields } = list.data[4]!;
    const { email, phone } = CARLA;
    expect(fields).toEqual({
      tenantId: world.tenantId,
      externalId: 'carla',
      externalIds: ['carla'],
      name: 'carla',
      email,
      phone,
    });
    const { conversations: _, ...alone } = await leadOf(world, world.admin, { leadId: id });
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
    expect(namesOf(await leads(world, world.admin, query))).toEqual(found);
    // Callers who see all inboxes, and operators who are subscribed to all of them.
    expect(namesOf(await leads(world, world.orchestrator, query))).toEqual(found);
    const inboxes = (await page<InboxResponse>(app, '/inboxes', world.admin)).data;
    const { headers } = await world.operator({ inboxes });
    expect(namesOf(await leads(world, headers, query))).toEqual(found);
    for (const caller of [world.admin, headers]) {
      const search = await app.call('post', '/leads/search', caller).send(query).expect(200);
      expect(search.body).toEqual(await leads(world, caller, query));
    }
  });

  it.each(FORMS)('finds the lead and who wrote from it by %s', async (form) => {
    const carlas = await leads(world, world.admin, { phone: '+5215512345678' });
    expect(namesOf(carlas)).toEqual(['eva', 'maria']);
    expect(await leads(world, world.admin, { phone: form })).toEqual(carlas);
    const { body } = await app.call('post', '/leads/search', world.admin).send({ phone: form }).expect(200);
    expect(body).toEqual(carlas);
  });

  it.each<Query>([
    { email: 'carla' },
    { externalId: '' },
    { externalId: 'a\0b' },
    { limit: 101 },
    { include: 'labels' },
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
    const first = await leads(world, callers[1]!, { limit: 3 });
    await wrote(world, inboxes[0]!, 'late');
    const rest = await leads(world, callers[1]!, { limit: 100, cursor: first.nextCursor! });
    const all = await leads(world, callers[1]!, { limit: 100 });
    expect(namesOf(all)).toEqual(['late', ...namesOf(first), ...namesOf(rest)]);
  });

  it('continue only with the same filters, in the same list and for the same reader', async () => {
    const [admin, operator] = callers as [Headers, Headers, Headers];
    const query = { email: 'all@x.example', limit: 2 };
    const cursor = (await leads(world, admin, query)).nextCursor!;
    const list = (caller: Headers, other: Query, path = '/leads') =>
      app.call('get', path, caller).query({ ...other, cursor });
    await list(admin, { ...query, limit: 5 }).expect(200);
    for (const other of FILTERS) await refused(list(admin, other), 'INVALID_CURSOR');
    await refused(list(operator, query), 'INVALID_CURSOR');
    await refused(list((await World.create(app)).admin, query), 'INVALID_CURSOR');
    await refused(list(admin, {}, '/conversations'), 'INVALID_CURSOR');
  });
});
