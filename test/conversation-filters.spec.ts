import fc from 'fast-check';
import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { Page } from '../src/http/cursor.js';
import { OUTCOMES } from '../src/ledger/outcome.js';
import { TestApplication, type Headers } from './support/application.js';
import { SEED, TIMES } from './support/chance.js';
import { label } from './support/label.js';
import { page, type Query } from './support/pages.js';
import { invalid } from './support/refused.js';
import { minutesBefore, World, type Person } from './support/world.js';

type Listed = Page<ConversationResponse> & { total?: number; totalIsAtLeast?: number };

let app: TestApplication;
let world: World;
let operator: Person;
let all: ConversationResponse[];
let inboxIds: string[];
let labelIds: string[];

beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  const inboxes = [await world.inbox(), await world.inbox(), await world.inbox()];
  inboxIds = inboxes.map(({ id }) => id);
  operator = await world.operator({ inboxes: inboxes.slice(0, 2) });
  const colleague = await world.operator({ inboxes });
  const made: ConversationResponse[] = [];
  for (const [nr, inbox] of [...inboxes, ...inboxes].entries()) {
    made.push(
      await world.queued(inbox, { minutesAgo: 90 - nr }),
      await world.allocated(inbox, nr % 2 === 0 && nr !== 2 ? operator : colleague, {
        minutesAgo: 70 - 3 * nr,
      }),
      await world.queued(inbox, { minutesAgo: 50 - 7 * nr }),
    );
    const conversationId = made.at(-1)!.id;
    const outcome = OUTCOMES[nr % 3];
    await app.call('post', '/allocation/resolve', world.admin).send({ conversationId, outcome }).expect(200);
  }
  const named = async (name: string, nr: number, remainder: number) => {
    const inbox = inboxes[nr]!;
    const on = made.filter((c, i) => c.inboxId === inbox.id && i % 2 === remainder);
    return (await label(world, inbox, { name, on })).id;
  };
  labelIds = [await named('Refund', 0, 0), await named('refund', 1, 1), await named('Other', 2, 0)];
  // One from before there were outcomes.
  await app.database.rows(
    `update conversations set outcome = null where id = (
      select id from conversations where outcome = 'HANDLED' order by id limit 1)`,
  );
  all = await Promise.all(made.map(({ id }) => world.conversation(id)));
}, 60_000);
afterAll(() => app.stop());

const FIELD = { created: 'createdAt', resolved: 'resolvedAt', lastMessage: 'lastMessageAt' } as const;

function fits(c: ConversationResponse, query: Record<string, string>): boolean {
  const among = (name: string, value: string | null) =>
    query[name] === undefined || (value !== null && query[name].split(',').includes(value));
  const ranges = Object.entries(FIELD).every(([name, field]) => {
    const [from, to] = [query[`${name}From`], query[`${name}To`]];
    if (from === undefined && to === undefined) return true;
    const at = c[field];
    return at !== null && (from === undefined || at >= from) && (to === undefined || at < to);
  });
  return (
    among('state', c.state) &&
    among('outcome', c.outcome) &&
    among('inboxId', c.inboxId) &&
    among('assignedOperatorId', c.assignedOperatorId) &&
    (query['labelId'] === undefined ||
      c.labels.some(({ id }) => query['labelId']!.split(',').includes(id))) &&
    (query['labelName'] === undefined || c.labels.some(({ name }) => name.toLowerCase() === 'refund')) &&
    (query['waitingSinceTo'] === undefined || c.waitingSince < query['waitingSinceTo']) &&
    ranges
  );
}

/** Every page; a page may be short. */
async function everyPage(headers: Headers, query: Query): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = null; ;) {
    const next: Listed = await page(
      app,
      '/conversations',
      headers,
      cursor === null ? query : { ...query, cursor },
    );
    ids.push(...next.data.map(({ id }) => id));
    if (next.nextCursor === null) return ids;
    cursor = next.nextCursor;
  }
}

const some = <T>(values: () => T[]) =>
  fc
    .uniqueArray(fc.nat(9), { minLength: 1, maxLength: 3 })
    .map((places) => () => [...new Set(places.map((n) => values()[n % values().length]!))].join(','));
/** A time at which something happened to a conversation, so that bounds meet it exactly. */
const time = (field: 'createdAt' | 'resolvedAt' | 'lastMessageAt' | 'waitingSince') =>
  fc.nat(30).map((n) => () => all[n % all.length]![field] ?? all[0]!.createdAt);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 });
const filters = fc.record({
  state: optional(some(() => ['QUEUED', 'ALLOCATED', 'RESOLVED'])),
  outcome: optional(some(() => [...OUTCOMES])),
  inboxId: optional(some(() => inboxIds)),
  assignedOperatorId: optional(some(() => [operator.id, ...all.flatMap((c) => c.assignedOperatorId ?? [])])),
  labelId: optional(some(() => labelIds)),
  labelName: optional(
    fc.constantFrom(
      () => 'Refund',
      () => '  REFUND ',
    ),
  ),
  createdFrom: optional(time('createdAt')),
  createdTo: optional(time('createdAt')),
  resolvedFrom: optional(time('resolvedAt')),
  resolvedTo: optional(time('resolvedAt')),
  lastMessageFrom: optional(time('lastMessageAt')),
  lastMessageTo: optional(time('lastMessageAt')),
  waitingSinceTo: optional(time('waitingSince')),
});

const isReversed = (query: Record<string, string>) =>
  Object.keys(FIELD).some((name) => {
    const [from, to] = [query[`${name}From`], query[`${name}To`]];
    return from !== undefined && to !== undefined && to < from;
  });

describe.each(['newest', 'oldest', 'waiting', 'priority'])('filters of a list sorted by %s', (sort) => {
  it('select what fulfils them all, on pages of any size, and count it', async () => {
    await fc.assert(
      fc.asyncProperty(
        filters,
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        async (chosen, limit, asAdmin) => {
          const isOfWaiting = sort === 'waiting' || sort === 'priority';
          const query = Object.fromEntries(
            Object.entries(chosen).flatMap(([name, value]) => (value === undefined ? [] : [[name, value()]])),
          ) as Record<string, string>;
          if (isOfWaiting) delete query['state'];
          const headers = asAdmin ? world.admin : operator.headers;
          if (isReversed(query)) {
            await app.call('get', '/conversations', headers).query(query).expect(400);
            return;
          }
          const seen = all.filter(
            (c) =>
              asAdmin || inboxIds.slice(0, 2).includes(c.inboxId) || c.assignedOperatorId === operator.id,
          );
          const expected = seen.filter((c) => fits(c, query) && (!isOfWaiting || c.state === 'QUEUED'));
          const ids = await everyPage(headers, { ...query, sort, limit });
          expect(new Set(ids)).toEqual(new Set(expected.map(({ id }) => id)));
          expect(ids).toHaveLength(expected.length);
          const key = (id: string) => {
            const found = expected.find((c) => c.id === id)!;
            return isOfWaiting ? found.waitingSince : found.lastMessageAt;
          };
          const times = ids.map(key);
          if (sort !== 'priority')
            expect(times).toEqual([...times].sort((a, b) => (a < b === (sort !== 'newest') ? -1 : 1)));
          const { total } = (await page(app, '/conversations', headers, {
            ...query,
            sort,
            count: 'true',
          })) as Listed;
          expect(total).toBe(expected.length);
        },
      ),
      { numRuns: 60 * TIMES, seed: SEED },
    );
  });
});

describe('a filter', () => {
  const many = (n: number) => Array.from({ length: n }, () => inboxIds[0]).join(',');

  it('takes 100 values and refuses 101', async () => {
    await app
      .call('get', '/conversations', world.admin)
      .query({ inboxId: many(100) })
      .expect(200);
    for (const name of ['inboxId', 'assignedOperatorId', 'labelId'])
      await invalid(app.call('get', '/conversations', world.admin).query({ [name]: many(101) }), name);
    const state = Array.from({ length: 101 }, () => 'QUEUED').join(',');
    await invalid(app.call('get', '/conversations', world.admin).query({ state }), 'state');
  });

  it.each([
    ['state', 'QUEUED,'],
    ['state', ',QUEUED'],
    ['state', 'QUEUED,WAITING'],
    ['outcome', 'HANDLED,handled'],
    ['inboxId', `x,${'0'.repeat(8)}`],
    ['labelName', ' '],
    ['createdFrom', 'yesterday'],
    ['count', 'yes'],
  ])('refuses %s=%s', async (name, value) => {
    await invalid(app.call('get', '/conversations', world.admin).query({ [name]: value }), name);
  });

  it('refuses a parameter that is there twice', async () => {
    await invalid(app.call('get', '/conversations?state=QUEUED&state=RESOLVED', world.admin), 'state');
  });

  it.each(['created', 'resolved', 'lastMessage'])(
    'refuses a range of %s that ends before it begins',
    async (name) => {
      const query = { [`${name}From`]: '2026-01-02T00:00:00Z', [`${name}To`]: '2026-01-01T00:00:00Z' };
      await invalid(app.call('get', '/conversations', world.admin).query(query), `${name}To`);
    },
  );

  it('binds its cursor to itself, whatever the order of its values', async () => {
    const [one, two] = inboxIds as [string, string];
    const first = await page(app, '/conversations', world.admin, { inboxId: `${one},${two}`, limit: 2 });
    const cursor = first.nextCursor!;
    await page(app, '/conversations', world.admin, { inboxId: `${two},${one},${two}`, limit: 2, cursor });
    for (const inboxId of [one, `${one},${two},${inboxIds[2]!}`]) {
      const query = { inboxId, limit: 2, cursor };
      await app.call('get', '/conversations', world.admin).query(query).expect(400);
    }
  });
});

describe('a filter that six thousand conversations do not fulfil', () => {
  const OTHERS = 6_000;
  let inboxId: string;
  let oldest: string;

  beforeAll(async () => {
    const inbox = await world.inbox();
    inboxId = inbox.id;
    ({ id: oldest } = await world.resolved(inbox, { minutesAgo: 1_000 }));
    await app.database.rows(
      `insert into conversations (tenant_id, id, inbox_id, origin_inbox_id, external_conversation_id, state, message_count,
        waiting_message_count, last_message_at, waiting_since, last_event_id, resolved_at, created_at)
      select $1, gen_random_uuid(), $2, $2, 'other-' || n, 'RESOLVED', 1, 1, t, t, gen_random_uuid(), t, t
      from generate_series(1, ${OTHERS}) n cross join lateral (select now() - n * interval '1 second' as t) at`,
      [world.tenantId, inboxId],
    );
    await app.database.rows(
      `update conversations set created_at = now() - interval '2 years' where tenant_id = $1 and id = $2`,
      [world.tenantId, oldest],
    );
  });

  it('ends a page before it is full, and the pages still reach the one that does', async () => {
    const query = { inboxId, state: 'RESOLVED', createdTo: minutesBefore(365 * 24 * 60), sort: 'newest' };
    const first = await page(app, '/conversations', world.admin, query);
    expect(first).toMatchObject({ data: [], hasMore: true });
    expect(await everyPage(world.admin, query)).toEqual([oldest]);
    const found = await page(app, '/conversations', world.admin, { ...query, sort: 'oldest' });
    expect(found.data.map(({ id }) => id)).toEqual([oldest]);
    expect(await page(app, '/conversations', world.admin, { ...query, count: 'true' })).toMatchObject({
      total: 1,
    });
  });
});
