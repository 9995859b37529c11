import { assignPositions } from '../src/ledger/assign-positions.js';
import { isWanted } from '../src/ledger/wanted.js';
import { EVERYTHING, readFeed, BEGINNING, type FeedFilter } from '../src/ledger/read-feed.js';
import { Database } from '../src/database/database.js';
import type { FeedPageResponse } from '../src/feed/feed-responses.js';
import { TestApplication, type Headers } from './support/application.js';
import { entries } from './support/ledger-entries.js';
import { invalid, refused } from './support/refused.js';
import { endOfFeed, StreamReader } from './support/stream-reader.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
const readers: StreamReader[] = [];
beforeAll(async () => {
  app = await TestApplication.start({
    STREAM_POLL_INTERVAL_MS: '20',
    STREAM_HEARTBEAT_SECONDS: '1',
    CORS_ORIGINS: 'https://desk.example.com',
    STREAM_LIMIT_PER_PRINCIPAL: '100',
    RATE_LIMIT_PER_MINUTE: '50000',
  });
});
beforeEach(async () => {
  world = await World.create(app);
});
afterEach(() => readers.splice(0).forEach((reader) => reader.close()));
afterAll(() => app.stop());

async function open(headers: Headers, query: Record<string, string> = {}): Promise<StreamReader> {
  const reader = await StreamReader.open(app.url, headers, query);
  readers.push(reader);
  return reader;
}

async function feed(headers: Headers, query: Record<string, string> = {}): Promise<FeedPageResponse> {
  const { body } = await app.call('get', '/events', headers).query(query).expect(200);
  return body as FeedPageResponse;
}

/** A cursor before everything: of a tenant in which nothing has happened yet. */
const beginning = async (headers: Headers, query: Record<string, string> = {}) =>
  (await feed(headers, { ...query, limit: '1' })).nextCursor;

describe('the stream', () => {
  it('sends the entries of GET /events, with cursors as ids', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const start = await endOfFeed(world);
    const reader = await open(world.admin);
    await world.allocated(inbox, operator);
    expect(await reader.told(2)).toEqual(['conversation.created', 'conversation.claimed']);

    const { data } = await feed(world.admin, { after: start });
    expect(reader.events.map((event) => event.data)).toEqual(data);
    const [first, second] = reader.events;
    expect((await feed(world.admin, { after: first!.id })).data).toEqual([second!.data]);
    expect(await feed(world.admin, { after: second!.id })).toMatchObject({ data: [], hasMore: false });
  });

  it('continues after Last-Event-ID, which overrides `after`', async () => {
    const inbox = await world.inbox();
    const after = await endOfFeed(world);
    const reader = await open(world.admin, { after });
    await world.queued(inbox);
    await reader.told(1);
    await world.queued(inbox);
    await reader.told(2);
    reader.close();
    await world.queued(inbox);
    const [first] = reader.events;
    const again = await open({ ...world.admin, 'Last-Event-ID': first!.id }, { after });
    await again.told(2);
    const whole = await open(world.admin, { after });
    await whole.told(3);
    expect(again.events).toEqual(whole.events.slice(1));
  });

  it('can be resumed before the first entry, because its start has an id', async () => {
    const inbox = await world.inbox();
    const reader = await open(world.admin);
    await reader.until(({ lastEventId }) => lastEventId !== '');
    expect(reader.retry).toBeGreaterThanOrEqual(1_000);
    reader.close();
    const { id } = await world.queued(inbox);
    const again = await open({ ...world.admin, 'Last-Event-ID': reader.lastEventId });
    await again.told(1);
    expect(again.events[0]!.data.conversationId).toBe(id);
  });

  it('with a filter sends only matching entries, and its position', async () => {
    const [inbox, other] = [await world.inbox(), await world.inbox()];
    const ofInbox = await open(world.admin, { inboxId: other.id });
    const ofType = await open(world.admin, { type: 'conversation.resolved' });
    await ofType.until(({ lastEventId }) => lastEventId !== '');
    const before = ofType.lastEventId;
    await world.queued(inbox);
    // A heartbeat tells the place that was reached, in place of a comment.
    await ofType.until(({ places }) => places > 1);
    expect(ofType.lastEventId).not.toBe(before);
    const { id } = await world.queued(other);
    await world.resolved(other);
    await ofInbox.told(3);
    expect(ofInbox.events[0]!.data.conversationId).toBe(id);
    expect(await ofType.told(1)).toEqual(['conversation.resolved']);
    const last = await feed(world.admin, { after: ofType.lastEventId, type: 'conversation.resolved' });
    expect(last.data).toEqual([]);
  });

  it('does not read skipped entries again, even after a cut during a read', async () => {
    await app.database.rows(
      `with ${entries(`
        insert into conversation_events (tenant_id, id, type, actor_type, reason)
        select $1, gen_random_uuid(), 'operator.available', 'SYSTEM', 'made' from generate_series(1, 12000)`)}
      select 1`,
      [world.tenantId],
    );
    const query = { type: 'operator.offline' };
    const after = (await feed(world.admin, { ...query, limit: '1' })).nextCursor;
    const reader = await open(world.admin, { ...query, after });
    await reader.until(({ places }) => places > 1);
    expect(reader.events).toEqual([]);
    expect(reader.lastEventId).not.toBe(after);
    expect((await feed(world.admin, { ...query, after: reader.lastEventId })).data).toEqual([]);
  });

  it('sends every entry once and in order to many readers with different starts, while many write', async () => {
    const inbox = await world.inbox();
    const operators = await Promise.all(
      Array.from({ length: 4 }, () => world.operator({ inboxes: [inbox] })),
    );
    const after = await endOfFeed(world);
    const early = [await open(world.admin, { after }), await open(operators[0]!.headers)];
    const late: StreamReader[] = [];
    await Promise.all(
      operators.map(async (operator) => {
        for (let i = 0; i < 10; i++) {
          await world.queued(inbox);
          const taken = await world.allocate(operator);
          late.push(await open(world.admin, { after }));
          if (taken === null) continue;
          const body = { conversationId: taken.id };
          await app.call('post', '/allocation/resolve', operator.headers).send(body).expect(200);
        }
      }),
    );
    const expected: string[] = [];
    for (let cursor = after, hasMore = true; hasMore;) {
      const read = await feed(world.admin, { after: cursor, limit: '1000' });
      expected.push(...read.data.map(({ id }) => id));
      ({ nextCursor: cursor, hasMore } = read);
    }
    expect(expected.length).toBeGreaterThan(40);
    for (const reader of [...early, ...late]) {
      await reader.told(expected.length);
      expect(reader.events.map(({ data }) => data.id)).toEqual(expected);
    }
  });

  it('has the headers of every response, and tells proxies not to buffer', async () => {
    const { response } = await open({
      ...world.admin,
      Origin: 'https://desk.example.com',
      'X-Request-Id': 'my-stream',
    });
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-request-id': 'my-stream',
      'access-control-allow-origin': 'https://desk.example.com',
      'access-control-expose-headers': expect.stringContaining('X-Request-Id') as string,
      'ratelimit-limit': '50000',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.any(String) as string,
    });
  });

  it('is read again sooner after news, because news rarely comes alone', async () => {
    const inbox = await world.inbox();
    const slow = await app.another({ STREAM_POLL_INTERVAL_MS: '5000' });
    try {
      const reader = await StreamReader.open(slow.url, world.admin);
      await world.queued(inbox);
      await reader.told(1);
      const seenAt = performance.now();
      await world.queued(inbox);
      await reader.told(2);
      expect(performance.now() - seenAt).toBeLessThan(4_000);
      reader.close();
    } finally {
      await slow.stop();
    }
  });

  it('sends heartbeats while nothing happens', async () => {
    const reader = await open(world.admin);
    await reader.until(({ comments }) => comments >= 2);
    expect(reader.events).toEqual([]);
  });

  it('responds to HEAD with its headers', async () => {
    const response = await fetch(`${app.url}/api/v1/events/stream`, { method: 'HEAD', headers: world.admin });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await response.text()).toBe('');
  });
});

describe('a stream is refused', () => {
  const stream = (headers: Headers, query: object = {}) =>
    app.call('get', '/events/stream', headers).query(query);

  it('with an invalid cursor', async () => {
    const other = await World.create(app);
    const mine = await beginning(world.admin);
    const filtered = await beginning(world.admin, { type: 'operator.offline' });
    const theirs = await beginning(other.admin);
    for (const wrong of [filtered, theirs, `${mine}x`, 'first']) {
      await refused(stream(world.admin, { after: wrong }), 'INVALID_CURSOR');
      await refused(stream({ ...world.admin, 'Last-Event-ID': wrong }), 'INVALID_CURSOR');
    }
    for (const wrong of ['latest', 'a b', '']) {
      await refused(stream({ ...world.admin, 'Last-Event-ID': wrong }), 'INVALID_CURSOR');
    }
  });

  it('with unknown or invalid parameters', async () => {
    await invalid(stream(world.admin, { limit: 10 }), 'limit');
    await invalid(stream(world.admin, { type: 'conversation' }), 'type');
    await invalid(stream(world.admin, { inboxId: 'x' }), 'inboxId');
    await invalid(stream(world.admin, { after: '' }), 'after');
    await refused(stream({}), 'UNAUTHENTICATED');
  });
});

describe('the entries for many readers are read once', () => {
  it('and filtered for each as the statement would do', async () => {
    const [mine, foreign] = [await world.inbox(), await world.inbox()];
    const me = await world.operator({ inboxes: [mine] });
    const colleague = await world.operator({ inboxes: [foreign] });
    await world.queued(mine);
    await world.allocated(mine, me);
    const theirs = await world.allocated(foreign, colleague);
    const give = { conversationId: theirs.id, operatorId: me.id };
    await app.call('post', '/allocation/reassign', world.admin).send(give).expect(200);
    const move = { conversationId: theirs.id, inboxId: mine.id };
    await app.call('post', '/allocation/move-inbox', world.admin).send(move).expect(200);
    await world.resolved(foreign);
    await assignPositions(app.nest.get(Database), world.tenantId);

    const filters: FeedFilter[] = [
      null,
      { operatorId: me.id, inboxes: [mine.id] },
      { operatorId: me.id, inboxes: [] },
    ]
      .flatMap((visibility) => [null, mine.id, foreign.id].map((inboxId) => ({ visibility, inboxId })))
      .flatMap((filter) => [
        { ...filter, types: null },
        {
          ...filter,
          types: ['conversation.moved', 'conversation.reassigned', 'operator.available'] as const,
        },
      ]);
    const read = (filter: FeedFilter) =>
      app.nest
        .get(Database)
        .inTenant(world.tenantId, (tx) => readFeed(tx, world.tenantId, BEGINNING, 1_000, filter));
    const { events } = await read(EVERYTHING);
    const counts = new Set<number>();
    for (const filter of filters) {
      const wanted = (await read(filter)).events;
      expect(events.filter((row) => isWanted(row, filter))).toEqual(wanted);
      counts.add(wanted.length);
    }
    expect(counts.size).toBeGreaterThan(5);
  });
});
