import type { FeedPageResponse } from '../src/feed/feed-responses.js';
import { TestApplication, type Headers } from './support/application.js';
import { entries, insertEntry } from './support/ledger-entries.js';
import { messageTo, reportBatch } from './support/messages.js';
import { invalid, refused } from './support/refused.js';
import { endOfFeed } from './support/stream-reader.js';
import { minutesBefore, World } from './support/world.js';

const NOWHERE = '019c8f00-0000-7000-8000-00000000dead';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app);
});
afterAll(() => app.stop());

async function page(headers: Headers, query: Record<string, unknown> = {}): Promise<FeedPageResponse> {
  const { body } = await app.call('get', '/events', headers).query(query).expect(200);
  return body as FeedPageResponse;
}

interface Read {
  data: FeedPageResponse['data'];
  types: string[];
  nextCursor: string;
}

/** Reads on from a cursor until there is no more: all that has been committed is there at once. */
async function readOn(headers: Headers, after?: string, query: Record<string, unknown> = {}): Promise<Read> {
  const data: Read['data'] = [];
  for (let cursor = after; ;) {
    const read = await page(headers, { ...query, ...(cursor === undefined ? {} : { after: cursor }) });
    data.push(...read.data);
    cursor = read.nextCursor;
    if (!read.hasMore) return { data, types: data.map(({ type }) => type), nextCursor: cursor };
  }
}

/** What tells entries from each other: their conversation or, of those that the test wrote, their reason. */
const namesOf = ({ data }: Read) => data.map(({ conversationId, reason }) => conversationId ?? reason);

describe('the feed', () => {
  it('has the ledger from its first entry, in pages with a cursor', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.allocated(inbox, operator);
    const begun = await readOn(world.admin, undefined, { limit: 2 });
    expect(begun.types).toEqual(['operator.available', 'conversation.created', 'conversation.claimed']);
    expect(begun.data[2]).toMatchObject({
      conversationId: id,
      version: 2,
      actor: { type: 'OPERATOR', id: operator.id },
      from: { state: 'QUEUED' },
      to: { state: 'ALLOCATED', operatorId: operator.id },
    });

    const nothing = await page(world.admin, { after: begun.nextCursor });
    expect(nothing).toMatchObject({ data: [], hasMore: false });
    await world.resolve(id, operator.headers);
    for (const after of [begun.nextCursor, nothing.nextCursor])
      expect((await readOn(world.admin, after)).types).toEqual(['conversation.resolved']);
  });

  it('of a new tenant is empty and has a cursor', async () => {
    const { data, nextCursor, hasMore } = await page(world.admin);
    expect({ data, hasMore }).toEqual({ data: [], hasMore: false });
    const inbox = await world.inbox();
    await world.queued(inbox);
    expect((await readOn(world.admin, nextCursor)).types).toEqual(['conversation.created']);
  });

  it('can begin with future entries', async () => {
    const inbox = await world.inbox();
    await world.queued(inbox);
    const { data, nextCursor, hasMore } = await page(world.admin, { after: 'latest' });
    expect({ data, hasMore }).toEqual({ data: [], hasMore: false });
    await world.queued(inbox);
    expect((await readOn(world.admin, nextCursor)).types).toEqual(['conversation.created']);
  });

  it('does not wait for a running transaction, whose entries come last', async () => {
    const inbox = await world.inbox();
    const before = await endOfFeed(world);
    const slow = await app.database.session();
    await slow.query('begin');
    // Older than all that follow, and committed after them.
    await insertEntry(slow, world.tenantId, 'late');
    const meanwhile = [await world.queued(inbox), await world.queued(inbox)];
    const early = await readOn(world.admin, before);
    expect(namesOf(early)).toEqual(meanwhile.map(({ id }) => id));
    await slow.query('commit');
    expect(namesOf(await readOn(world.admin, early.nextCursor))).toEqual(['late']);
    expect(namesOf(await readOn(world.admin, before))).toEqual([...meanwhile.map(({ id }) => id), 'late']);
  });

  it('never has entries of a rolled back transaction', async () => {
    const inbox = await world.inbox();
    const before = await endOfFeed(world);
    const failing = await app.database.session();
    await failing.query('begin');
    await insertEntry(failing, world.tenantId, 'taken back');
    const { id } = await world.queued(inbox);
    await failing.query('rollback');
    expect(namesOf(await readOn(world.admin, before))).toEqual([id]);
  });

  it('has each entry once while many transactions commit in any order', async () => {
    const inbox = await world.inbox();
    const operators = await Promise.all(
      Array.from({ length: 4 }, () => world.operator({ inboxes: [inbox] })),
    );
    const written = new AbortController();
    const seen: string[] = [];
    let cursor = await endOfFeed(world);
    const read = async () => {
      const more = await readOn(world.admin, cursor, { limit: 7 });
      seen.push(...more.data.map(({ id }) => id));
      cursor = more.nextCursor;
    };
    const reader = (async () => {
      while (!written.signal.aborted) await read();
    })();
    await Promise.all(
      operators.map(async (operator) => {
        for (let i = 0; i < 10; i++) {
          await world.queued(inbox);
          const taken = await world.allocate(operator);
          if (taken === null) continue;
          const body = { conversationId: taken.id };
          await app.call('post', '/allocation/resolve', operator.headers).send(body).expect(200);
        }
      }),
    );
    written.abort();
    await reader;
    const stored = await app.database.rows<{ id: string }>(
      `select id from conversation_events where tenant_id = $1 and type like 'conversation.%'`,
      [world.tenantId],
    );
    expect(stored.length).toBeGreaterThan(100);
    await read();
    expect([...seen].sort()).toEqual(stored.map(({ id }) => id).sort());
  });

  it('has the creation of each conversation of a batch before its distribution', async () => {
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    await world.operator({ inboxes: [inbox] });
    const end = await endOfFeed(world);
    // The last one of the batch has waited longest and is distributed first.
    const messages = Array.from({ length: 20 }, (_, i) =>
      messageTo(inbox, { occurredAt: minutesBefore(i + 1) }),
    );
    await reportBatch(world, messages);
    const { data } = await readOn(world.admin, end);
    expect(data).toHaveLength(40);
    const versions = new Map<string, number>();
    for (const { conversationId, version } of data) {
      expect(version).toBe((versions.get(conversationId!) ?? 0) + 1);
      versions.set(conversationId!, version!);
    }
  });
});

describe('a filtered feed', () => {
  it('has some types', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    await world.allocated(inbox, operator);
    await world.resolved(inbox);
    const read = (type: string) => readOn(world.admin, undefined, { type, limit: 1 });
    expect((await read('conversation.resolved')).types).toEqual(['conversation.resolved']);
    expect((await read('operator.available,conversation.claimed')).types).toEqual([
      'operator.available',
      'conversation.claimed',
    ]);
    expect((await read('conversation.reassigned')).types).toEqual([]);
    for (const type of ['', 'conversation', 'conversation.resolved,', 'conversationXresolved', '*'])
      await invalid(app.call('get', '/events', world.admin).query({ type }), 'type');
  });

  it('has the entries of one inbox, and moves into and out of it', async () => {
    const [from, to, other] = [await world.inbox(), await world.inbox(), await world.inbox()];
    const { id } = await world.queued(from);
    await world.queued(other);
    const move = { conversationId: id, inboxId: to.id };
    await app.call('post', '/allocation/move-inbox', world.admin).send(move).expect(200);
    const types = async (inboxId: string) => (await readOn(world.admin, undefined, { inboxId })).types;
    expect(await types(from.id)).toEqual(['conversation.created', 'conversation.moved']);
    expect(await types(to.id)).toEqual(['conversation.moved']);
    expect(await types(other.id)).toEqual(['conversation.created']);
  });

  it('has what an OPERATOR may see: their inboxes, their conversations and their own entries', async () => {
    const [mine, foreign] = [await world.inbox(), await world.inbox()];
    const me = await world.operator({ inboxes: [mine] });
    const colleague = await world.operator({ inboxes: [foreign] });
    await world.queued(mine);
    const theirs = await world.allocated(foreign, colleague);
    const seen = async () => (await readOn(me.headers)).data.map(({ type, actor }) => `${type} ${actor.id}`);
    expect(await seen()).toEqual([
      `operator.available ${world.admin['X-Operator-Id']}`,
      'conversation.created orchestrator',
    ]);
    // What is given to them is theirs to see, and that it was taken away.
    const give = { conversationId: theirs.id, operatorId: me.id };
    await app.call('post', '/allocation/reassign', world.admin).send(give).expect(200);
    await world.deallocate(theirs.id);
    await world.resolve(theirs.id);
    expect((await readOn(me.headers)).types.slice(2)).toEqual([
      'conversation.reassigned',
      'conversation.deallocated',
    ]);
    const { types } = await readOn(world.orchestrator);
    expect(types).toHaveLength(8);
  });

  it('finds a rare entry behind thousands of others in several pages', async () => {
    await app.database.rows(
      `with ${entries(`
        insert into conversation_events (tenant_id, id, type, actor_type, reason)
        select $1, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
          case when n = 12000 then 'operator.offline' else 'operator.available' end, 'SYSTEM', 'made'
        from generate_series(1, 12000) n`)}
      select 1`,
      [world.tenantId],
    );
    const query = { type: 'operator.offline', limit: 10 };
    const first = await page(world.admin, query);
    expect(first).toMatchObject({ data: [], hasMore: true });
    expect((await readOn(world.admin, first.nextCursor, query)).types).toEqual(['operator.offline']);
  });
});

describe('a cursor of the feed', () => {
  it('is refused with other filters, for another caller, and when it was changed', async () => {
    const inbox = await world.inbox();
    const me = await world.operator({ inboxes: [inbox] });
    const other = await World.create(app);
    const { nextCursor } = await page(world.admin);
    const { nextCursor: filtered } = await page(world.admin, { type: 'operator.offline' });
    const read = (headers: Headers, query: object) => app.call('get', '/events', headers).query(query);
    await refused(read(world.admin, { after: nextCursor, type: 'operator.offline' }), 'INVALID_CURSOR');
    await refused(read(world.admin, { after: filtered }), 'INVALID_CURSOR');
    await refused(read(me.headers, { after: nextCursor }), 'INVALID_CURSOR');
    await refused(read(other.admin, { after: nextCursor }), 'INVALID_CURSOR');
    await refused(read(world.admin, { after: `${nextCursor}x` }), 'INVALID_CURSOR');
    await refused(read(world.admin, { after: 'first' }), 'INVALID_CURSOR');
    await read(world.orchestrator, { after: nextCursor }).expect(200);
    await invalid(read(world.admin, { limit: 1_001 }), 'limit');
  });
});

describe('a request that is refused', () => {
  it('assigns no positions', async () => {
    const places = () =>
      app.database.rows('select position from feed_positions where tenant_id = $1', [world.tenantId]);
    await world.queued(await world.inbox());
    const calls = [
      ['get', '/events?after=x', {}, 'INVALID_CURSOR'],
      ['get', '/events/stream?after=x', {}, 'INVALID_CURSOR'],
      ['post', '/webhooks', { url: 'https://93.184.215.14/', inboxId: NOWHERE }, 'NOT_FOUND'],
    ] as const;
    for (const [method, path, body, code] of calls) {
      const call = app.call(method, path, world.admin);
      await refused(method === 'get' ? call : call.send(body), code);
      expect({ path, places: await places() }).toEqual({ path, places: [] });
    }
    await page(world.admin);
    expect(await places()).not.toEqual([]);
  });
});
