import { connect } from 'node:net';
import { TestApplication, type Headers } from './support/application.js';
import {
  cpuMsOf,
  keptMbOf,
  leastOf,
  MEASURED,
  residentMbOf,
  slowestMeanwhile,
  type Bystander,
} from './support/costs.js';
import { pipelined } from './support/hostile/pipelined.js';
import { problemCode, raw, type RawRequest, type RawResponse } from './support/raw.js';
import { Scrape } from './support/scrape.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

/** Of the processor, for an attack; and what others wait for at the most meanwhile. */
const [MOST_MS, WORST_MS] = [100, 500];
const MB = 1024 * 1024;
const BATCH = '/api/v1/orchestrator/messages/batch';
const OPERATORS = '/api/v1/operators';
const DOCUMENTS = ['/api-json', '/api-yaml', '/api/swagger-ui-init.js', '/api', '/redoc'];

let app: TestApplication;
/** The service under attack. */
let service: ServiceProcess;
let log = '';
let attacker: World;
let neighbour: World;
let operator: Headers;
let keptBeforeMb: number;
let residentBeforeMb: number;
beforeAll(async () => {
  app = await TestApplication.start();
  [attacker, neighbour] = [await World.create(app), await World.create(app)];
  operator = (await attacker.operator()).headers;
  service = await ServiceProcess.start(app.database.url, MEASURED);
  service.process.stdout!.on('data', (chunk: Buffer) => (log += chunk.toString()));
  await warmUp();
  keptBeforeMb = await keptMbOf(service);
  residentBeforeMb = await residentMbOf(service);
});
afterAll(async () => {
  await service.stop();
  await app.stop();
});

/** So that no attack pays for what is done once, and memory is compared with that of a service at work. */
async function warmUp(): Promise<void> {
  for (const path of DOCUMENTS) await (await fetch(`${service.url}${path}`)).arrayBuffer();
  const inboxId = (await attacker.inbox()).id;
  const messages = Array.from({ length: 1_000 }, (_, i) => ({
    externalConversationId: `thread-${i}`,
    inboxId,
    customerPhoneNumber: '+4915112345678',
    // Some fill up a body.
    displayName: 'x'.repeat(100),
  }));
  const body = JSON.stringify({ messages });
  for (let i = 0; i < 3; i++) {
    const responses = await Promise.all(Array.from({ length: 5 }, () => send({ body })));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  }
}

interface Sent extends Omit<RawRequest, 'path'> {
  path?: string;
}

const send = ({ path = BATCH, headers, ...request }: Sent): Promise<RawResponse> =>
  raw(service.url, {
    method: 'POST',
    path,
    headers: {
      'Content-Type': 'application/json',
      ...(headers ?? (path === BATCH ? attacker.orchestrator : attacker.admin)),
    },
    ...request,
  });

/** A tenant who attacks nobody, and the probe of the load balancer. */
const bystanders = (): Bystander[] => [
  { url: `${service.url}/api/v1/tenant`, headers: neighbour.admin },
  { url: `${service.url}/health`, headers: {} },
];

async function expectCheap(attack: () => Promise<unknown>): Promise<void> {
  expect(await leastOf(MOST_MS, () => cpuMsOf(service, 5, attack))).toBeLessThan(MOST_MS);
}

async function expectOthersServed(attack: () => Promise<unknown>): Promise<void> {
  expect(await leastOf(WORST_MS, () => slowestMeanwhile(bystanders(), attack))).toBeLessThan(WORST_MS);
}

const fields = (count: number) => Array.from({ length: count }, (_, i) => `"${i.toString(36)}":0`).join();
const list = (count: number, item: string) => `[${Array.from({ length: count }, () => item).join()}]`;
const batchOf = (count: number, message: string) => `{"messages":${list(count, message)}}`;
const guessed = { Authorization: `Bearer iak_${'a'.repeat(43)}_${'b'.repeat(43)}` };

type Attack = [what: string, outcome: string, request: () => Sent];

const BODIES: Attack[] = [
  ['200,000 unknown fields', '400 VALIDATION_FAILED', () => ({ body: `{${fields(200_000)}}` })],
  [
    '200,000 unknown fields in a message',
    '400 VALIDATION_FAILED',
    () => ({ body: batchOf(1, `{${fields(200_000)}}`) }),
  ],
  [
    '200,000 unknown fields where no list is taken',
    '413 PAYLOAD_TOO_LARGE',
    () => ({ path: OPERATORS, body: `{${fields(200_000)}}` }),
  ],
  [
    'as many unknown fields as fit into 16 KB',
    '400 VALIDATION_FAILED',
    () => ({ path: OPERATORS, body: `{${fields(2_000)}}` }),
  ],
  [
    '1,000 messages of 64 fields',
    '400 VALIDATION_FAILED',
    () => ({ body: batchOf(1_000, `{${fields(64)}}`) }),
  ],
  ['a million numbers', '400 VALIDATION_FAILED', () => ({ body: batchOf(1_000, list(999, '1')) })],
  [
    'a million lists for a field',
    '400 VALIDATION_FAILED',
    () => ({ body: batchOf(600, `{"externalConversationId":${list(1_000, '[]')}}`) }),
  ],
  ['a list of 500,000 operators', '400 VALIDATION_FAILED', () => operators(list(500_000, '{}'))],
  ['a body of blanks', '400 VALIDATION_FAILED', () => ({ body: ' '.repeat(2 * MB - 2) })],
  ['a string of quotes', '400 VALIDATION_FAILED', () => ({ body: `{"${'\\"'.repeat(MB - 100)}":0}` })],
  [
    'a string of backslashes',
    '400 VALIDATION_FAILED',
    () => ({ body: `{"${'\\'.repeat(2 * MB - 100)}":0}` }),
  ],
  ['quotes only', '400 VALIDATION_FAILED', () => ({ body: '"'.repeat(2 * MB - 2) })],
  [
    'a number of a million digits',
    '400 VALIDATION_FAILED',
    () => ({ body: `{"messages":${'9'.repeat(MB)}}` }),
  ],
  ['a field with a name of a megabyte', '400 VALIDATION_FAILED', () => ({ body: `{"${'n'.repeat(MB)}":0}` })],
  ['a body of 2 MB without credentials', '401 UNAUTHENTICATED', () => ({ headers: {}, body: big() })],
  ['a body of 2 MB with a guessed key', '401 UNAUTHENTICATED', () => ({ headers: guessed, body: big() })],
  ['a body of 2 MB without the right', '403 FORBIDDEN', () => ({ headers: operator, body: big() })],
  ['a body of 2 MB to no route', '404 NOT_FOUND', () => ({ path: '/nowhere', headers: {}, body: big() })],
  ['a body of 3 MB', '413 PAYLOAD_TOO_LARGE', () => ({ body: `"${'x'.repeat(3 * MB)}"` })],
];
/** Nobody need parse it to refuse the caller: it is not JSON. */
const big = () => '['.repeat(2 * MB - 2);
const operators = (body: string): Sent => ({
  method: 'PUT',
  path: `/api/v1/inboxes/${attacker.tenantId}/operators`,
  body,
});

describe('a body that is made to cost', () => {
  it.each(BODIES)('%s: %s within 100 ms of processor time', async (_what, outcome, make) => {
    const request = make();
    const attack = async () => {
      const response = await send(request);
      expect(`${response.status} ${problemCode(response, request.path ?? BATCH)}`).toBe(outcome);
    };
    await attack();
    await expectCheap(attack);
    const several = () => Promise.all(Array.from({ length: 5 }, attack));
    await expectOthersServed(several);
  });

  it('1,000 messages of 30 unknown fields are refused one by one', async () => {
    const body = batchOf(1_000, `{${fields(30)}}`);
    const attack = async () => {
      const { status, text } = await send({ body });
      const { results } = JSON.parse(text) as { results: { status: number; error: { errors: unknown[] } }[] };
      expect(status).toBe(200);
      expect(results.map((result) => [result.status, result.error.errors.length])).toEqual(
        Array.from({ length: 1_000 }, () => [400, 20]),
      );
    };
    await attack();
    await expectCheap(attack);
    await expectOthersServed(attack);
  });

  it('a body in 200,000 pieces of one byte is cut off', async () => {
    const chunks = Array.from({ length: 200_000 }, () => ' ');
    const attack = async () => {
      const response = await send({ chunks });
      expect(problemCode(response, BATCH)).toBe('VALIDATION_FAILED');
      expect(response.headers['connection']).toBe('close');
    };
    await attack();
    await expectCheap(attack);
    await expectOthersServed(attack);
  });

  it('a body without end and without credentials is cut off', async () => {
    log = '';
    const { hostname, port } = new URL(service.url);
    const sentBytes = await new Promise<number>((resolve) => {
      const socket = connect(Number(port), hostname);
      const more = () => {
        while (socket.writable && socket.write(`10000\r\n${'['.repeat(0x10000)}\r\n`));
      };
      const head = [`POST ${BATCH} HTTP/1.1`, 'Host: x', 'Content-Type: application/json'];
      socket.write([...head, 'Transfer-Encoding: chunked', '', ''].join('\r\n'));
      socket.on('connect', more).on('drain', more).resume();
      socket.on('error', () => undefined).on('close', () => resolve(socket.bytesWritten));
    });
    expect(sentBytes).toBeLessThan(32 * MB);
    await until(() => log.includes('"code":"UNAUTHENTICATED"'));
  });
});

describe('requests that do not wait for responses', () => {
  it.each(DOCUMENTS)('200 of %s on a connection: it is closed, and memory stays', async (path) => {
    const attack = async () => {
      expect(await pipelined(service.url, path, 200)).toBeLessThanOrEqual(16);
    };
    await attack();
    const before = await residentMbOf(service);
    await expectCheap(attack);
    const several = () => Promise.all(Array.from({ length: 5 }, attack));
    await expectOthersServed(several);
    await until(async () => (await residentMbOf(service)) < before * 1.2);
  });

  it('1,400 requests of 51 KB without any log-in cost next to nothing', async () => {
    const before = await residentMbOf(service);
    const attack = () => pipelined(service.url, '/api-json', 1_400);
    await expectCheap(attack);
    await until(async () => (await residentMbOf(service)) < before * 1.2);
  });

  it('16 requests are served, in order', async () => {
    expect(await pipelined(service.url, '/health', 16)).toBe(16);
    expect(await pipelined(service.url, '/api-json', 16)).toBe(16);
  });

  it('the log says who it was and why, and a metric counts', async () => {
    const of = async () =>
      (await Scrape.of(service)).value('http_limits_reached_total', { limit: 'pipelining' }) ?? 0;
    const before = await of();
    log = '';
    await pipelined(service.url, '/health', 17);
    expect(await of()).toBe(before + 1);
    await until(() => log.includes('too many requests without a response'));
    const line = log.split('\n').find((each) => each.includes('without a response'))!;
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', address: '127.0.0.1', limit: 16 });
  });

  it('none of them counts as running when its connection is gone', async () => {
    const running = async () => (await Scrape.of(service)).value('http_requests_in_flight');
    await pipelined(service.url, '/api-json', 200);
    // The scrape itself.
    await until(async () => (await running()) === 1);
  });
});

it('the log says who sent a body that is too large, and why it was refused', async () => {
  log = '';
  await send({ path: OPERATORS, body: `{${fields(20_000)}}` });
  await send({ body: `{${fields(65)}}` });
  await until(() => ['PAYLOAD_TOO_LARGE', 'VALIDATION_FAILED'].every((code) => log.includes(code)));
  const lines = log
    .split('\n')
    .filter((line) => line.includes('"request"'))
    .map((line) => JSON.parse(line) as object);
  expect(lines).toContainEqual(expect.objectContaining({ code: 'PAYLOAD_TOO_LARGE', address: '127.0.0.1' }));
  expect(lines).toContainEqual(
    expect.objectContaining({
      code: 'VALIDATION_FAILED',
      tenant: attacker.tenantId,
      caller: 'service:orchestrator',
    }),
  );
});

it('memory after all of them is within 20 % of before', async () => {
  await warmUp();
  // Connections that are just being closed keep something too.
  await until(async () => (await keptMbOf(service)) < keptBeforeMb * 1.2);
  // The allocator of the system keeps some freed pages between those in use: 10 to 80 MB, the same after each attack.
  await until(async () => (await residentMbOf(service)) < residentBeforeMb + 100);
});
