import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { TestApplication } from './support/application.js';
import { ServiceProcess } from './support/service-process.js';
import { deafReader, manyEntries, settled, StreamReader } from './support/stream-reader.js';
import { World, type Person } from './support/world.js';

const OPERATORS = 50;
const STREAMS_OF_EACH = 20;
const MOST_MEGABYTES = 200;
const INTERVAL_MS = 500;
const WATCHED_MS = 3_000;

let app: TestApplication;
let world: World;
let service: ServiceProcess;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
});
beforeEach(async () => {
  service = await ServiceProcess.start(app.database.url, {
    STREAM_POLL_INTERVAL_MS: String(INTERVAL_MS),
    STREAM_HEARTBEAT_SECONDS: '2',
    STREAM_LIMIT_PER_PRINCIPAL: '100',
    LOG_LEVEL: 'info',
  });
});
afterEach(() => service.stop());
afterAll(() => app.stop());

/** What the process has in memory, and the most it ever had. Only Linux tells the latter. */
function megabytes(): { now: number; most: number } {
  const { pid } = service.process;
  if (!existsSync(`/proc/${pid}/status`)) {
    const now = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) / 1_024;
    return { now, most: now };
  }
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const value = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)![1]) / 1_024;
  return { now: value('VmRSS'), most: value('VmHWM') };
}

/** Transactions of the service; those of the test itself, which asks, count with them. */
async function transactions(): Promise<number> {
  const [row] = await app.database.rows<{ count: number }>(
    'select xact_commit::integer as count from pg_stat_database where datname = current_database()',
  );
  return row!.count;
}

it('a thousand streams of an instance fit into 200 MB and are told by one reading', async () => {
  const inbox = await world.inbox();
  const people: Person[] = [];
  for (let i = 0; i < OPERATORS; i++)
    people.push(await world.operator({ inboxes: [inbox], status: 'OFFLINE' }));
  await settled(world);
  const alone = megabytes().now;
  const readers: StreamReader[] = [];
  for (const { headers } of people) {
    const opened = Array.from({ length: STREAMS_OF_EACH }, () => StreamReader.open(service.url, headers));
    readers.push(...(await Promise.all(opened)));
  }
  // Each has caught up and listens.
  await Promise.all(readers.map((reader) => reader.until(({ comments }) => comments > 0)));

  const before = await transactions();
  // Nothing tells that nothing happens but the time that passes.
  await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
  const read = (await transactions()) - before;
  // A poll for each stream would be thousands. What connections did before is counted late, so some of that is in it.
  expect(read).toBeGreaterThanOrEqual(2);
  expect(read).toBeLessThan(200);

  await world.queued(inbox);
  const began = performance.now();
  await Promise.all(readers.map((reader) => reader.told(1)));
  const tookMs = performance.now() - began;
  expect(new Set(readers.map(({ events }) => events.length))).toEqual(new Set([1]));
  const { now, most } = megabytes();
  process.stderr.write(
    `1,000 streams: ${now.toFixed()} MB, at most ${most.toFixed()} MB, alone ${alone.toFixed()} MB; ` +
      `${read} transactions in ${WATCHED_MS} ms; all told in ${tookMs.toFixed()} ms\n`,
  );
  expect(most).toBeLessThan(MOST_MEGABYTES);
  for (const reader of readers) reader.close();
}, 60_000);

it('readers who do not read cost no more than what may wait for one', async () => {
  await settled(world);
  const good = await StreamReader.open(service.url, world.admin);
  const deaf = await Promise.all(
    Array.from({ length: 60 }, () => deafReader(service.url, world.orchestrator)),
  );
  await good.until(({ comments }) => comments > 0);
  // 60 × 20 MB, of which the operating systems take a part.
  await manyEntries(world, 20_000);
  await good.told(20_000);
  const { most } = megabytes();
  process.stderr.write(`60 who do not read: at most ${most.toFixed()} MB\n`);
  expect(most).toBeLessThan(MOST_MEGABYTES);
  good.close();
  for (const socket of deaf) socket.destroy();
}, 60_000);
