import { get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { TestApplication } from './support/application.js';
import { manyConversations } from './support/many-conversations.js';
import { ServiceProcess } from './support/service-process.js';
import { World } from './support/world.js';

const CONVERSATIONS = 1_000_000;
/** Another reader looks from time to time. */
const BETWEEN_LISTS_MS = 250;
/** What an export may add to a process that has made short ones. */
const MOST_MEGABYTES = 50;
/**
 * The old generation of a service that does nothing has 60 MB. With this limit it runs out of memory if an export needs
 * more than 40 MB at the same moment; without one V8 keeps garbage for as long as it has room.
 */
const HEAP = '--max-old-space-size=100 --max-semi-space-size=4';

let app: TestApplication;
let world: World;
let service: ServiceProcess;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  const inbox = await world.inbox();
  await manyConversations(app, world, inbox.id, CONVERSATIONS);
}, 400_000);
beforeEach(async () => {
  service = await ServiceProcess.start(app.database.url, { DATABASE_POOL_SIZE: '4', NODE_OPTIONS: HEAP });
});
afterEach(() => service.stop());
afterAll(() => app.stop());

function megabytes(): number {
  const status = readFileSync(`/proc/${service.process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1_024;
}

async function begun(accept: string, query = ''): Promise<IncomingMessage> {
  const headers = { ...world.admin, Accept: accept };
  const request = get(`${service.url}/api/v1/conversations/export?${query}`, { headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

/** Reads an export to its end. @returns the number of lines, and the most memory meanwhile */
async function readAll(response: IncomingMessage): Promise<{ lines: number; most: number }> {
  let lines = 0;
  let most = megabytes();
  const watch = setInterval(() => (most = Math.max(most, megabytes())), 20);
  for await (const chunk of response) {
    for (const byte of chunk as Buffer) if (byte === 10) lines++;
  }
  clearInterval(watch);
  return { lines, most };
}

it.each([
  ['text/csv', CONVERSATIONS + 1],
  ['application/x-ndjson', CONVERSATIONS],
])(
  'a million conversations as %s take less than 50 MB, and another reader goes on meanwhile',
  async (accept, expected) => {
    for (let i = 0; i < 3; i++) await readAll(await begun(accept, 'externalConversationId=many-5'));
    const alone = megabytes();
    const reading = begun(accept).then(readAll);
    const progress = { isOver: false };
    void reading.finally(() => (progress.isOver = true));
    const begin = performance.now();
    let slowest = 0;
    while (!progress.isOver) {
      const asked = performance.now();
      const response = await fetch(`${service.url}/api/v1/conversations?limit=20`, { headers: world.admin });
      expect(response.status).toBe(200);
      await response.text();
      slowest = Math.max(slowest, performance.now() - asked);
      await pause(BETWEEN_LISTS_MS);
    }
    const { lines, most } = await reading;
    process.stderr.write(
      `${CONVERSATIONS} conversations as ${accept}: at most ${most.toFixed()} MB, alone ${alone.toFixed()} MB, ` +
        `in ${((performance.now() - begin) / 1_000).toFixed(1)} s; the slowest list meanwhile took ${slowest.toFixed()} ms\n`,
    );
    expect(lines).toBe(expected);
    expect(most - alone).toBeLessThan(MOST_MEGABYTES);
    expect(slowest).toBeLessThan(2_000);
  },
  900_000,
);
