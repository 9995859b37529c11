import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { TestApplication } from './support/application.js';
import { says, TcpProxy } from './support/faults/tcp-proxy.js';
import { ServiceProcess } from './support/service-process.js';
import { serviceVariables } from './support/settings.js';
import { deafReader, manyEntries, StreamReader } from './support/stream-reader.js';
import { World, type Person } from './support/world.js';

const OPERATORS = 50;
const STREAMS_OF_EACH = 20;
/** What streams may add to a process that has none, which takes about 160 MB. */
const MOST_MEGABYTES = 100;
const INTERVAL_MS = 500;
const WATCHED_MS = 3_000;

let app: TestApplication;
let world: World;
let service: ServiceProcess;
/** Between the service and its database, to count what it begins there. */
let proxy: TcpProxy;
let begun = 0;
/** Before the first stream. */
let alone: number;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  proxy = await TcpProxy.before(serviceVariables(app.database.url)['DATABASE_URL']!);
  proxy.fateOf = (said) => {
    if (says(said, 'START TRANSACTION')) begun++;
    return 'pass';
  };
});
beforeEach(async () => {
  service = await ServiceProcess.start(app.database.url, {
    DATABASE_URL: proxy.url,
    STREAM_POLL_INTERVAL_MS: String(INTERVAL_MS),
    STREAM_HEARTBEAT_SECONDS: '2',
    STREAM_LIMIT_PER_TENANT: '1000',
    STREAM_LIMIT_PER_PRINCIPAL: '100',
    LOG_LEVEL: 'info',
  });
  alone = megabytes().now;
});
afterEach(() => service.stop());
afterAll(async () => {
  await proxy.close();
  await app.stop();
});

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

/** How many transactions the service begins in this time. */
async function transactionsIn(milliseconds: number): Promise<number> {
  const before = begun;
  // Nothing tells that nothing happens but the time that passes.
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return begun - before;
}

it('a thousand streams of an instance add less than 100 MB and read the feed once', async () => {
  const inbox = await world.inbox();
  const people: Person[] = [];
  for (let i = 0; i < OPERATORS; i++)
    people.push(await world.operator({ inboxes: [inbox], status: 'OFFLINE' }));
  const readers: StreamReader[] = [];
  for (const { headers } of people) {
    const opened = Array.from({ length: STREAMS_OF_EACH }, () => StreamReader.open(service.url, headers));
    readers.push(...(await Promise.all(opened)));
  }
  // Each has caught up and listens when nobody reads on by themselves any more.
  for (let i = 0; i < 40 && (await transactionsIn(INTERVAL_MS)) > 2; i++);

  const read = await transactionsIn(WATCHED_MS);
  expect(read).toBeGreaterThanOrEqual(WATCHED_MS / INTERVAL_MS / 2);
  expect(read).toBeLessThanOrEqual(WATCHED_MS / INTERVAL_MS + 2);

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
  expect(most - alone).toBeLessThan(MOST_MEGABYTES);
  for (const reader of readers) reader.close();
}, 60_000);

it('clients that do not read need no more memory than the limit of one', async () => {
  const good = await StreamReader.open(service.url, world.admin);
  const deaf = await Promise.all(
    Array.from({ length: 60 }, () => deafReader(service.url, world.orchestrator)),
  );
  await good.until(({ comments }) => comments > 0);
  // 60 × 12 MB, of which the operating systems take a part.
  await manyEntries(world, 12_000);
  await good.told(12_000);
  const { most } = megabytes();
  process.stderr.write(`60 who do not read: at most ${most.toFixed()} MB, alone ${alone.toFixed()} MB\n`);
  expect(most - alone).toBeLessThan(MOST_MEGABYTES);
  good.close();
  for (const socket of deaf) socket.destroy();
}, 60_000);
