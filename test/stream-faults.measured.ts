import { once } from 'node:events';
import { Client } from 'pg';
import { StreamHub } from '../src/feed/stream-hub.js';
import { TestApplication } from './support/application.js';
import { whileUnreadable } from './support/faults/unreadable.js';
import { ServiceProcess } from './support/service-process.js';
import { setting } from './support/settings.js';
import { deafReader, endOfFeed, manyEntries, StreamReader } from './support/stream-reader.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

const SETTINGS = {
  STREAM_POLL_INTERVAL_MS: '20',
  STREAM_HEARTBEAT_SECONDS: '1',
  STREAM_LIMIT_PER_PRINCIPAL: '100',
};

let app: TestApplication;
let world: World;
let hub: StreamHub;
beforeAll(async () => {
  app = await TestApplication.start(SETTINGS);
  hub = app.nest.get(StreamHub);
});
beforeEach(async () => {
  world = await World.create(app);
});
afterAll(() => app.stop());

describe('a client that does not read', () => {
  it('is cut off, delays nobody, and misses nothing after it returns', async () => {
    const dropped = hub.droppedStreams;
    const slow = await deafReader(app.url, world.admin);
    await until(() => hub.openStreams === 1);
    const good = await StreamReader.open(app.url, world.admin);
    await good.until(({ comments }) => comments > 0);
    const count = 15_000;
    await manyEntries(world, count);
    await good.told(count);
    await until(() => hub.droppedStreams === dropped + 1);
    expect(good.hasEnded).toBe(false);
    good.close();

    // What the operating systems of both sides kept is there all the same; the last block may be cut.
    let text = '';
    slow.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    slow.resume();
    if (!slow.closed) await once(slow, 'close');
    const blocks = text.split('\n\n').slice(0, -1);
    const ids = blocks.flatMap((block) => /id: ([\w-]+)/.exec(block)?.[1] ?? []);
    expect(blocks.length).toBeLessThan(count);
    const again = await StreamReader.open(app.url, { ...world.admin, 'Last-Event-ID': ids.at(-1)! });
    const told = new Set(good.events.map(({ id }) => id));
    const known = ids.filter((id) => told.has(id)).length;
    await again.told(count - known);
    again.close();
    expect(again.events.map(({ id }) => id)).toEqual(good.events.slice(known).map(({ id }) => id));
  }, 60_000);
});

describe('a client that leaves', () => {
  /** Transactions that the service has committed; the server counts them up to a second late. */
  async function transactions(): Promise<number> {
    const admin = new Client({ connectionString: setting('TEST_ADMIN_URL') });
    await admin.connect();
    const { rows } = await admin.query<{ count: number }>(
      'select xact_commit::integer as count from pg_stat_database where datname = $1',
      [new URL(app.database.url).pathname.slice(1)],
    );
    await admin.end();
    return rows[0]!.count;
  }

  it('leaves nothing behind; without readers the feed is not read', async () => {
    const readers = await Promise.all(
      Array.from({ length: 10 }, () => StreamReader.open(app.url, world.admin)),
    );
    await Promise.all(readers.map((reader) => reader.until(({ comments }) => comments > 0)));
    expect(hub.openStreams).toBe(10);
    const before = await transactions();
    await until(async () => (await transactions()) > before + 20);
    for (const reader of readers) reader.close();
    await until(() => hub.openStreams === 0);
    expect(hub.lagSeconds).toBe(0);
    // What is under way ends, and is counted; then there is silence.
    let silentSince = Date.now();
    let last = await transactions();
    await until(async () => {
      const now = await transactions();
      if (now !== last) silentSince = Date.now();
      last = now;
      return Date.now() - silentSince > 2_500;
    });
  });

  it('is noticed even when its response waits for another one on the same connection', async () => {
    const socket = await deafReader(app.url, world.admin, 3);
    await until(() => hub.openStreams === 3);
    socket.destroy();
    await until(() => hub.openStreams === 0);
  });
});

describe('a database that is away', () => {
  it('leaves streams open, and they get everything when it is back', async () => {
    const inbox = await world.inbox();
    const reader = await StreamReader.open(app.url, world.admin);
    await world.queued(inbox);
    await reader.told(1);
    const name = new URL(app.database.url).pathname.slice(1);
    const admin = new Client({ connectionString: setting('TEST_ADMIN_URL') });
    await admin.connect();
    try {
      await admin.query(`alter database ${name} with allow_connections false`);
      // More than once: a session that was just being opened has no name yet, and would outlive a single try.
      await until(async () => {
        const { rowCount } = await admin.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = $1 and application_name = 'inbox-allocation'`,
          [name],
        );
        return (await fetch(`${app.url}/ready`)).status === 503 && rowCount === 0;
      });
      await manyEntries(world, 120);
      const { comments } = reader;
      await reader.until((it) => it.comments > comments + 1);
      expect(reader.events).toHaveLength(1);
      expect(hub.lagSeconds).toBeGreaterThan(1);
      expect(reader.hasEnded).toBe(false);
    } finally {
      await admin.query(`alter database ${name} with allow_connections true`);
      await admin.end();
    }
    await reader.told(121);
    await world.queued(inbox);
    expect((await reader.told(122)).at(-1)).toBe('conversation.created');
    expect(new Set(reader.events.map(({ id }) => id)).size).toBe(122);
    expect(hub.lagSeconds).toBeLessThan(1);
    reader.close();
  });
});

describe('a tenant whose feed cannot be read', () => {
  /** Less than a wait for a lock, and than the pause after a few failures. */
  const BOUND_MS = 2_000;

  it.each(['fails', 'waits'] as const)(
    'holds up no other tenant when reading %s',
    async (how) => {
      const broken = world;
      const other = await World.create(app);
      const inbox = await broken.inbox();
      const otherInbox = await other.inbox();
      const after = await endOfFeed(broken);
      await broken.queued(inbox);
      const listener = await StreamReader.open(app.url, broken.admin);
      const reader = await StreamReader.open(app.url, other.admin);
      await other.queued(otherInbox);
      await reader.told(1);
      let told = 1;
      const behind: StreamReader[] = [];
      await whileUnreadable(broken, how, async () => {
        await manyEntries(broken, 1);
        for (let i = 0; i < 5; i++) behind.push(await StreamReader.open(app.url, broken.admin, { after }));
        // Those of the broken tenant have been tried more than once.
        await until(() => hub.lagSeconds > 1);
        for (let i = 0; i < 3; i++) {
          const late = await StreamReader.open(app.url, other.admin, { after: reader.lastEventId });
          const begun = performance.now();
          await other.queued(otherInbox);
          await Promise.all([reader.told(++told), late.told(1)]);
          expect(performance.now() - begun).toBeLessThan(BOUND_MS);
          late.close();
        }
        expect(behind.flatMap(({ events }) => events)).toEqual([]);
      });
      await broken.queued(inbox);
      await Promise.all([listener.told(2), ...behind.map((each) => each.told(3))]);
      for (const each of [listener, reader, ...behind]) each.close();
    },
    60_000,
  );
});

describe('a service that stops', () => {
  it('does not wait for readers who do not read', async () => {
    const instance = await ServiceProcess.start(app.database.url, SETTINGS);
    const good = await StreamReader.open(instance.url, world.admin);
    const deaf = await Promise.all(
      Array.from({ length: 5 }, () => deafReader(instance.url, world.orchestrator)),
    );
    await good.until(({ comments }) => comments > 0);
    // More than the operating systems of both sides take: the rest waits in the service.
    await manyEntries(world, 15_000);
    await good.told(15_000);
    const began = performance.now();
    expect(await instance.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
    for (const socket of deaf) socket.destroy();
  }, 60_000);

  it('ends a hundred streams at once, and they continue at another instance', async () => {
    const inbox = await world.inbox();
    const instance = await ServiceProcess.start(app.database.url, SETTINGS);
    const readers = await Promise.all(
      Array.from({ length: 100 }, () => StreamReader.open(instance.url, world.orchestrator)),
    );
    await world.queued(inbox);
    await Promise.all(readers.map((reader) => reader.told(1)));
    const began = performance.now();
    expect(await instance.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
    await Promise.all(readers.map((reader) => reader.until(({ hasEnded }) => hasEnded)));
    expect(readers.every(({ events }) => events.length > 0)).toBe(true);
    const last = readers[0]!;
    await world.queued(inbox);
    const again = await last.again(app.url, world.orchestrator);
    await again.told(1);
    again.close();
    expect(new Set([...last.events, ...again.events].map(({ id }) => id)).size).toBe(2);
  }, 60_000);
});
