import type { ConversationResponse } from '../src/conversations/conversation.js';
import { SORTS, type Sort } from '../src/conversations/list-query.js';
import { TestApplication, type Headers } from './support/application.js';
import { label } from './support/label.js';
import { messageTo, report, reportBatch } from './support/messages.js';
import { follow, page, type Query } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { minutesBefore, World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const idsOf = (conversations: ConversationResponse[]) => conversations.map(({ id }) => id);

describe('the list of conversations', () => {
  let world: World;
  let operator: Person;
  let everything: ConversationResponse[];
  let visible: ConversationResponse[];
  let labelId: string;

  /** Conversations that differ in every field that can be filtered by; the operator sees one inbox and one more. */
  beforeAll(async () => {
    world = await World.create(app);
    const [shown, hidden] = [await world.inbox(), await world.inbox()];
    operator = await world.operator({ inboxes: [shown, hidden] });
    const colleague = await world.operator({ inboxes: [shown, hidden] });
    const [one, other] = ['+4915112340001', '+4915112340002'];
    const made = [
      await world.queued(shown, { phone: one, minutesAgo: 50, messages: 2 }),
      await world.queued(shown, { phone: other, minutesAgo: 40 }),
      await world.queued(hidden, { phone: one, minutesAgo: 30 }),
      await world.allocated(shown, operator, { phone: one, minutesAgo: 45 }),
      await world.allocated(shown, colleague, { phone: one, minutesAgo: 35 }),
      await world.allocated(hidden, operator, { phone: other, minutesAgo: 25 }),
      await world.allocated(hidden, colleague, { phone: one, minutesAgo: 15 }),
      await world.resolved(shown, { phone: one, minutesAgo: 20 }),
      await world.resolved(hidden, { phone: other, minutesAgo: 10 }),
    ];
    await world.unsubscribe(hidden, operator);
    for (const { lastMessageAt: occurredAt, ...known } of made.slice(0, 5)) {
      const { externalConversationId, customerPhoneNumber, originInboxId: inboxId } = known;
      const fields = { externalConversationId, occurredAt, customerPhoneNumber, inboxId };
      await report(world, messageTo(shown, { ...fields, lead: { externalId: 'crm-1' } }));
    }
    // Only conversations of its inbox have a label.
    const inShown = made.filter(({ inboxId }) => inboxId === shown.id);
    ({ id: labelId } = await label(world, shown, {
      name: 'Refund',
      on: inShown.filter((_, i) => i % 2 < 1),
    }));
    await label(world, shown, { name: 'Other', on: inShown });
    everything = await Promise.all(made.map(({ id }) => world.conversation(id)));
    visible = everything.filter((c) => c.inboxId === shown.id || c.assignedOperatorId === operator.id);
    const foreign = await World.create(app);
    await foreign.queued(await foreign.inbox(), { phone: one });
  });

  const FILTERS: Record<string, (c: ConversationResponse) => string | null> = {
    state: (c) => c.state,
    inboxId: (c) => c.inboxId,
    assignedOperatorId: (c) => c.assignedOperatorId,
    lastOperatorId: (c) => c.lastOperatorId,
    customerPhoneNumber: (c) => c.customerPhoneNumber,
    leadId: (c) => c.leadId,
    externalConversationId: (c) => c.externalConversationId,
  };

  const scoreOf = ({ priorityScore }: ConversationResponse) => priorityScore ?? 0;
  const ORDER: Record<Sort, (a: ConversationResponse, b: ConversationResponse) => number> = {
    newest: (a, b) => Date.parse(b.lastMessageAt) - Date.parse(a.lastMessageAt),
    oldest: (a, b) => Date.parse(a.lastMessageAt) - Date.parse(b.lastMessageAt),
    waiting: (a, b) => Date.parse(a.waitingSince) - Date.parse(b.waitingSince),
    priority: (a, b) => scoreOf(b) - scoreOf(a),
  };

  it.each(SORTS)(
    'applies each filter alone, in pairs and all together, sorted by %s',
    async (sort) => {
      // One of each state; subsets of its own values always fit at least itself.
      const examples = [everything[0]!, everything[4]!, everything[8]!].slice(
        0,
        sort === 'priority' || sort === 'waiting' ? 1 : 3,
      );
      for (const { caller, seen } of [
        { caller: world.admin, seen: everything },
        { caller: operator.headers, seen: visible },
      ]) {
        for (const example of examples) {
          for (const names of combinationsOf([...Object.keys(FILTERS), 'labelId'])) {
            const query: Query = { sort };
            for (const name of names) {
              const value = name === 'labelId' ? labelId : FILTERS[name]!(example);
              if (value !== null) query[name] = value;
            }
            const fits = (c: ConversationResponse) =>
              Object.entries(FILTERS).every(([name, of]) => !(name in query) || of(c) === query[name]) &&
              (!('labelId' in query) || c.labels.some(({ id }) => id === labelId)) &&
              ((sort !== 'priority' && sort !== 'waiting') || c.state === 'QUEUED');
            const expected = idsOf(seen.filter(fits).sort(ORDER[sort]));
            const { data } = await page(app, '/conversations', caller, query);
            expect({ query, ids: idsOf(data) }).toEqual({ query, ids: expected });
          }
        }
      }
    },
    120_000,
  );

  it('has the twenty newest first by default', async () => {
    const { data, nextCursor, hasMore } = await page(app, '/conversations', world.admin);
    expect(idsOf(data)).toEqual(idsOf([...everything].sort(ORDER.newest)));
    expect([nextCursor, hasMore]).toEqual([null, false]);
  });

  it('has the same fields as a single conversation', async () => {
    const { data } = await page(app, '/conversations', world.admin, { state: 'ALLOCATED' });
    for (const conversation of data) expect(conversation).toEqual(await world.conversation(conversation.id));
  });

  it('accepts phone numbers with spaces', async () => {
    const [first] = everything;
    const query = { customerPhoneNumber: '+49 151 1234 0001', inboxId: first!.inboxId, state: 'QUEUED' };
    const { data } = await page(app, '/conversations', world.admin, query);
    expect(idsOf(data)).toEqual([first!.id]);
  });

  it.each(SORTS)('accepts ids in upper case, sorted by %s', async (sort) => {
    const query = { inboxId: everything[0]!.inboxId.toUpperCase(), state: 'QUEUED', sort };
    for (const headers of [world.admin, operator.headers]) {
      expect((await page(app, '/conversations', headers, query)).data).toHaveLength(2);
    }
  });

  it.each(['priority', 'waiting'])('refuses sort=%s except for QUEUED', async (sort) => {
    for (const state of ['ALLOCATED', 'RESOLVED', 'QUEUED,RESOLVED']) {
      const query = { sort, state };
      await invalid(app.call('get', '/conversations', world.admin).query(query), 'sort');
    }
    const query = { sort, lastOperatorId: operator.id };
    await invalid(app.call('get', '/conversations', world.admin).query(query), 'sort');
  });

  it.each([
    { state: 'WAITING' },
    { sort: 'best' },
    { inboxId: 'one' },
    { assignedOperatorId: 'me' },
    { lastOperatorId: 'me' },
    { labelId: '' },
    { leadId: 'crm-1' },
    { externalConversationId: '' },
    { limit: 0 },
    { limit: 101 },
    { limit: 1.5 },
    { limit: 'all' },
    { cursor: '' },
    { order: 'asc' },
  ])('refuses %j', async (query) => {
    await invalid(app.call('get', '/conversations', world.admin).query(query), ...Object.keys(query));
  });
});

describe('the pages of a list', () => {
  const TIES = 25;
  let world: World;
  let operator: Person;

  /** Many conversations with the very same last message, and some around them, in two inboxes. */
  beforeAll(async () => {
    world = await World.create(app);
    const inboxes = [await world.inbox(), await world.inbox()];
    operator = await world.operator({ inboxes });
    const times = [minutesBefore(9), ...Array<string>(TIES).fill(minutesBefore(6)), minutesBefore(3)];
    await reportBatch(
      world,
      times.map((occurredAt, i) => messageTo(inboxes[i % 2]!, { occurredAt })),
    );
  });

  describe.each(SORTS)('sorted by %s', (sort) => {
    it.each([1, 2, 100])('have each conversation once, %d on a page', async (limit) => {
      for (const headers of [world.admin, operator.headers]) {
        const all = await follow(app, '/conversations', headers, { sort, limit });
        expect(new Set(idsOf(all)).size).toBe(TIES + 2);
        expect(all).toHaveLength(TIES + 2);
        const times = all.map(({ lastMessageAt }) => lastMessageAt);
        expect(times).toEqual(sort === 'newest' ? [...times].sort().reverse() : [...times].sort());
      }
    });

    it('order equal lastMessageAt by id', async () => {
      const all = idsOf(await follow(app, '/conversations', world.admin, { sort, limit: 3 }));
      const ties = all.slice(1, -1);
      expect(ties).toEqual(sort === 'newest' ? [...ties].sort().reverse() : [...ties].sort());
    });
  });

  it('of the operator’s queue reach its end, also OFFLINE', async () => {
    const status = `/operators/${operator.id}/status`;
    await app.call('put', status, world.admin).send({ status: 'OFFLINE' }).expect(200);
    const queue = await follow(app, '/allocation/queue', operator.headers, { limit: 4 });
    const { data } = await page(app, '/conversations', world.admin, { sort: 'priority', limit: 100 });
    expect(idsOf(queue)).toEqual(idsOf(data));
    const first = await page(app, '/allocation/queue', operator.headers);
    expect(first).toMatchObject({ operatorStatus: 'OFFLINE', hasMore: true });
    expect(first.data).toHaveLength(20);
    expect(await page(app, '/allocation/queue', world.admin)).toMatchObject({ data: [], nextCursor: null });
  });
});

describe('a cursor', () => {
  async function setup() {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    for (const minutesAgo of [1, 2, 3]) await world.queued(inbox, { minutesAgo });
    const query = { state: 'QUEUED', inboxId: inbox.id, sort: 'newest', limit: 1 };
    const { nextCursor } = await page(app, '/conversations', operator.headers, query);
    return { world, inbox, operator, query, cursor: nextCursor! };
  }
  const list = (caller: Headers, query: Query) => app.call('get', '/conversations', caller).query(query);

  it('works with the same filters and another limit', async () => {
    const { operator, query, cursor } = await setup();
    const { data } = await page(app, '/conversations', operator.headers, { ...query, limit: 2, cursor });
    expect(data).toHaveLength(2);
  });

  it('works with the same filters in another order', async () => {
    const { operator, query, cursor } = await setup();
    const turned = { limit: 2, cursor, sort: query.sort, inboxId: query.inboxId, state: query.state };
    expect((await page(app, '/conversations', operator.headers, turned)).data).toHaveLength(2);
  });

  it('is refused with other filters, another sort and in another list', async () => {
    const { operator, query, cursor } = await setup();
    const { state: _, ...fewer } = query;
    for (const other of [
      fewer,
      { ...query, state: 'ALLOCATED' },
      { ...query, customerPhoneNumber: '+4915112345678' },
      { ...query, sort: 'oldest' },
      { ...query, sort: 'priority' },
    ]) {
      await refused(list(operator.headers, { ...other, cursor }), 'INVALID_CURSOR');
    }
    const queue = app.call('get', '/allocation/queue', operator.headers).query({ cursor });
    await refused(queue, 'INVALID_CURSOR');
  });

  it('is refused to another caller', async () => {
    const { world, inbox, query, cursor } = await setup();
    const colleague = await world.operator({ inboxes: [inbox] });
    for (const caller of [colleague.headers, world.admin, (await World.create(app)).admin]) {
      await refused(list(caller, { ...query, cursor }), 'INVALID_CURSOR');
    }
  });

  it('is refused when it was changed', async () => {
    const { operator, query, cursor } = await setup();
    const last = cursor.endsWith('A') ? 'B' : 'A';
    for (const mangled of [cursor.slice(1), `${cursor.slice(0, -1)}${last}`, `${cursor}=`, 'x']) {
      await refused(list(operator.headers, { ...query, cursor: mangled }), 'INVALID_CURSOR');
    }
  });

  it('repeats no conversation while new messages arrive', async () => {
    const { world, inbox, operator, query, cursor } = await setup();
    const [first] = (await page(app, '/conversations', operator.headers, query)).data;
    await world.queued(inbox, { minutesAgo: 0 });
    const rest = await follow(app, '/conversations', operator.headers, { ...query, limit: 100 });
    const after = (await page(app, '/conversations', operator.headers, { ...query, limit: 100, cursor }))
      .data;
    expect(idsOf(after)).toEqual(idsOf(rest).slice(idsOf(rest).indexOf(first!.id) + 1));
  });
});

function combinationsOf<T>(items: readonly T[]): T[][] {
  const pairs = items.flatMap((one, i) => items.slice(i + 1).map((other) => [one, other]));
  return [[], ...items.map((one) => [one]), ...pairs, [...items]];
}
