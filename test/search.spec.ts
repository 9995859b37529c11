import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { Page } from '../src/http/cursor.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { SearchIndex } from '../src/search/search-index.js';
import { TestApplication, type Headers } from './support/application.js';
import { messageTo, report, type MessageFields } from './support/messages.js';
import { follow } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
let operator: Person;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app);
  inbox = await world.inbox();
  operator = await world.operator({ inboxes: [inbox] });
});
afterAll(() => app.stop());

const PATH = '/conversations/search';

const found = async (q: string, headers: Headers = world.admin, limit = 20) =>
  (await follow(app, PATH, headers, { q, limit })).map(({ id }) => id);
const posting = (body: object, headers: Headers = world.admin) => app.call('post', PATH, headers).send(body);
const posted = async (body: object, headers?: Headers) =>
  (await posting(body, headers).expect(200)).body as Page<ConversationResponse>;
const written = async (fields: MessageFields) => (await report(world, messageTo(inbox, fields))).conversation;

describe('the search by a part', () => {
  it.each<[what: string, fields: MessageFields, parts: string[]]>([
    [
      'the number',
      { customerPhoneNumber: '+4915112345678' },
      ['+4915112345678', '345678', '151123', '+49 151', '(0151) 123-45', '0049 151', '٣٤٥٦٧٨'],
    ],
    [
      'a number of several forms',
      { customerPhoneNumber: '+5215512345678' },
      ['+5255 1234 5678', '5215512345678'],
    ],
    ['a short code', { customerPhoneNumber: '12345' }, ['12345', '234']],
    ['the extension', { customerPhoneNumber: '+4930901820;ext=777' }, ['901820', '777']],
    [
      'the name',
      { displayName: 'Zoë Ærøskøbing-Straße' },
      ['ZOË', 'zoe\u0308', 'røsk', 'g-STRASSE'.replace('SS', 'ß')],
    ],
    ['a name of other scripts', { displayName: '王小明 Иванов' }, ['王小明', 'ИВАН']],
    [
      'the address',
      { customerAddress: 'Carla.Customer@example.org' },
      ['customer@', 'CARLA.', 'example.org'],
    ],
    ['the id of the thread', { externalConversationId: 'Wa:Thread/77-b' }, ['wa:thread', '77-B']],
    ['what would be a wildcard', { displayName: '100%_sure\\"\'' }, ['100%', '%_s', '_sure\\', '\\"\'']],
  ])('finds a conversation by %s', async (_what, fields, parts) => {
    const { id } = await written({ externalConversationId: 'one', ...fields });
    await written({
      externalConversationId: 'two',
      customerPhoneNumber: '+33688880000',
      displayName: 'Nobody 1000 sure',
    });
    for (const part of parts) expect({ part, ids: await found(part) }).toEqual({ part, ids: [id] });
  });

  it.each(['%%%', '___', '+49%', '151_', 'carla customer', 'a\\%'])(
    'takes every character for itself: %j',
    async (q) => {
      await written({ customerPhoneNumber: '+4915112345678', displayName: 'Carla x Customer' });
      expect(await found(q)).toEqual([]);
    },
  );

  it('takes a 0 in front of three digits for a digit of the number', async () => {
    const { id } = await written({ customerPhoneNumber: '+4915112340123' });
    await written({ customerPhoneNumber: '+4915112345678' });
    expect(await found('0123')).toEqual([id]);
  });

  it('finds all states, most recent activity first, and goes on behind a cursor', async () => {
    const phone = '+4915112340001';
    const resolved = await world.resolved(inbox, { phone, minutesAgo: 5 });
    const queued = await world.queued(inbox, { phone, minutesAgo: 20 });
    const allocated = await world.allocated(inbox, operator, { phone, minutesAgo: 10 });
    const oldest = await world.queued(inbox, { phone, minutesAgo: 30 });
    await world.queued(inbox, { phone: '+4915112349999' });
    const all = [resolved.id, allocated.id, queued.id, oldest.id];
    for (const limit of [1, 2, 3, 4, 20]) expect(await found('40001', world.admin, limit)).toEqual(all);
  });

  it('shows what a list shows of a conversation', async () => {
    const { id } = await written({ displayName: 'Carla Customer' });
    const [seen] = await follow(app, PATH, world.admin, { q: 'carla', limit: 1 });
    expect({ ...seen, priorityScore: 0 }).toEqual({ ...(await world.conversation(id)), priorityScore: 0 });
  });

  it('shows an OPERATOR what the lists show them', async () => {
    const phone = '+4915112340002';
    const elsewhere = await world.inbox();
    const seen = await world.queued(inbox, { phone, minutesAgo: 1 });
    const unseen = await world.queued(elsewhere, { phone, minutesAgo: 2 });
    const other = await world.operator({ inboxes: [elsewhere] });
    const held = await world.allocated(elsewhere, other, { phone, minutesAgo: 3 });
    await app
      .call('post', '/allocation/reassign', world.admin)
      .send({ conversationId: held.id, operatorId: operator.id })
      .expect(200);
    expect(await found('40002')).toEqual([seen.id, unseen.id, held.id]);
    expect(await found('40002', operator.headers)).toEqual([seen.id, held.id]);
    expect(await found('40002', other.headers)).toEqual([unseen.id, held.id]);
    expect(await found('40002', (await world.operator()).headers)).toEqual([]);
    expect(await found('40002', (await World.create(app)).admin)).toEqual([]);
  });

  it('follows what the customer is called and reached at', async () => {
    const { externalConversationId, id } = await written({
      displayName: 'Carla',
      customerPhoneNumber: '+4915112340003',
    });
    expect(await found('carla')).toEqual([id]);
    await written({ externalConversationId, displayName: 'Doris', customerPhoneNumber: '+4915112340004' });
    expect([await found('carla'), await found('40003')]).toEqual([[], []]);
    expect([await found('doris'), await found('40004')]).toEqual([[id], [id]]);
    await written({
      externalConversationId,
      customerAddress: 'doris@customer.example',
      customerPhoneNumber: null,
    });
    expect([await found('doris@'), await found('40004')]).toEqual([[id], [id]]);
  });

  it('finds a conversation after it was moved, resolved and opened again', async () => {
    const { id, externalConversationId } = await written({ displayName: 'Carla' });
    const other = await world.inbox();
    await app.run(SearchIndex);
    await app
      .call('post', '/allocation/move-inbox', world.admin)
      .send({ conversationId: id, inboxId: other.id })
      .expect(200);
    await world.resolve(id);
    expect(await found('carla')).toEqual([id]);
    expect(await found('carla', operator.headers)).toEqual([]);
    await written({ externalConversationId });
    expect(await found('carla')).toEqual([id]);
  });
});

describe('a part that is no part', () => {
  it.each(['', 'ab', '  ab  ', ' ', 'e\u0301e\u0301', 'x'.repeat(999), 'a\nbc', 'abc\u0000'])(
    '%j is refused',
    async (q) => {
      await invalid(app.call('get', PATH, world.admin).query({ q }), 'q');
      await invalid(posting({ q }), 'q');
    },
  );

  it.each([null, 123, ['abc'], {}])('%j in a body is refused', async (q) => {
    await invalid(posting({ q }), 'q');
  });

  it('is none at all, or one beside a number', async () => {
    await invalid(app.call('get', PATH, world.admin), 'phoneNumber');
    await invalid(posting({}), 'phoneNumber');
    const both = { q: 'abc', phoneNumber: '+4915112345678' };
    await invalid(app.call('get', PATH, world.admin).query(both), 'q');
    await invalid(posting(both), 'q');
  });

  it('is long', async () => {
    const externalConversationId = `long-${'x'.repeat(990)}`;
    const { id } = await written({ externalConversationId });
    expect(await found(externalConversationId)).toEqual([id]);
    expect(await found(`${externalConversationId.slice(0, -1)}y`)).toEqual([]);
  });
});

describe('the search with the values in the body', () => {
  it('finds the same by a part and by a number, and a cursor fits both', async () => {
    const phone = '+4915112340005';
    const [newer, older] = [
      await world.queued(inbox, { phone, minutesAgo: 1 }),
      await world.queued(inbox, { phone, minutesAgo: 2 }),
    ];
    for (const sought of [{ q: '40005' }, { phoneNumber: '0049 (151) 1234-0005' }]) {
      const first = await posted({ ...sought, limit: 1 });
      expect(first).toMatchObject({ data: [{ id: newer.id }], hasMore: true });
      const { nextCursor: cursor } = first;
      expect(await posted({ ...sought, cursor })).toMatchObject({ data: [{ id: older.id }], hasMore: false });
      const { body } = await app
        .call('get', PATH, world.admin)
        .query({ ...sought, cursor })
        .expect(200);
      expect(body).toMatchObject({ data: [{ id: older.id }], nextCursor: null });
      await refused(posting({ q: 'another', cursor }), 'INVALID_CURSOR');
    }
    expect(await posted({ phoneNumber: 'nobody' })).toEqual({ data: [], nextCursor: null, hasMore: false });
  });

  it('checks its fields', async () => {
    await invalid(posting({ q: 'abc', limit: 0 }), 'limit');
    await invalid(posting({ q: 'abc', limit: '20' }), 'limit');
    await invalid(posting({ q: 'abc', state: 'QUEUED' }), 'state');
    await invalid(posting({ phoneNumber: 4915112345678 }), 'phoneNumber');
    await refused(posting({ q: 'abc', cursor: 'x' }), 'INVALID_CURSOR');
  });

  it('has no effect, so no response is stored for a repetition', async () => {
    const headers = { ...world.admin, 'Idempotency-Key': 'search-1' };
    expect((await posted({ q: 'carla' }, headers)).data).toEqual([]);
    await written({ displayName: 'Carla' });
    expect((await posted({ q: 'carla' }, headers)).data).toHaveLength(1);
    expect((await posted({ q: 'doris' }, headers)).data).toEqual([]);
    expect(
      await app.database.rows('select 1 from idempotency_keys where tenant_id = $1', [world.tenantId]),
    ).toEqual([]);
  });
});
