import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  bearer,
  createClient,
  isProblem,
  ProblemError,
  UnexpectedResponseError,
  unwrap,
} from '../clients/typescript/src/client.js';
import { items, type ListPath } from '../clients/typescript/src/pages.js';
import { TestApplication } from './support/application.js';
import { ROUTES } from './support/openapi.js';
import { PLATFORM_KEY } from './support/settings.js';
import { clientOf } from './support/typed-client.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
});
afterAll(() => app.stop());

it('has the types of openapi.json', () => {
  const options = { maxBuffer: 2 ** 26, encoding: 'utf8' } as const;
  const made = execFileSync(process.execPath, ['scripts/write-client.mjs', '--print'], options);
  const isFresh = made === readFileSync('clients/typescript/src/openapi.ts', 'utf8');
  if (!isFresh) console.error('the client is out of date: run "npm run client:write" and commit it');
  expect(isFresh).toBe(true);
});

describe('a request', () => {
  it('has the data of the response, or throws its problem', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.queued(inbox);
    const client = clientOf(app, operator.headers);
    const { conversation } = await unwrap(
      client.POST('/api/v1/allocation/claim', { body: { conversationId: id } }),
    );
    expect(conversation).toMatchObject({ id, state: 'ALLOCATED', assignedOperatorId: operator.id });

    const refused = await unwrap(
      client.POST('/api/v1/allocation/claim', { body: { conversationId: id } }),
    ).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ProblemError);
    if (!isProblem(refused, 'CONVERSATION_NOT_QUEUED')) throw refused;
    expect(refused.problem).toMatchObject({ state: 'ALLOCATED', assignedOperatorId: operator.id });
    expect(isProblem(refused, 'NOT_FOUND', 'VERSION_MISMATCH')).toBe(false);
  });

  it('is done once when its response is lost, and repeated', async () => {
    let lost = 0;
    const client = clientOf(app, world.admin, {
      fetch: async (...request) => {
        const response = await fetch(...request);
        if (lost++ > 0) return response;
        throw new TypeError('fetch failed');
      },
    });
    const inbox = await unwrap(client.POST('/api/v1/inboxes', { body: { name: 'Once' } }));
    expect(lost).toBe(2);
    const named: string[] = [];
    for await (const { id, name } of items(client, '/api/v1/inboxes', { query: { limit: 1 } })) {
      if (name === 'Once') named.push(id);
    }
    expect(named).toEqual([inbox.id]);
  });
});

describe('the network', () => {
  /** A client whose first requests get these responses instead of those of the service. */
  function behind(first: (() => Response)[], options: { attempts?: number } = {}) {
    const sent: string[] = [];
    const client = clientOf(app, world.admin, {
      retries: { maxPauseMs: 1_000, ...options },
      fetch: (input, init) => {
        const { headers } = input as Request;
        sent.push(headers.get('Idempotency-Key') ?? 'none');
        const instead = first.shift();
        return instead === undefined ? fetch(input, init) : Promise.resolve(instead());
      },
    });
    return { client, sent };
  }

  const problem =
    (status: number, code: string, headers: Record<string, string> = {}) =>
    () =>
      new Response(JSON.stringify({ status, code, detail: code }), {
        status,
        headers: { 'Content-Type': 'application/problem+json', ...headers },
      });

  it.each([
    ['a rate limit', problem(429, 'RATE_LIMITED', { 'Retry-After': '0' })],
    ['an instance that stops', problem(503, 'SHUTTING_DOWN', { 'Retry-After': '0' })],
    ['a first request that still runs', problem(409, 'IDEMPOTENCY_KEY_IN_USE')],
    ['a proxy without a service', () => new Response('<h1>Bad gateway</h1>', { status: 502 })],
    [
      'a body that breaks off',
      () => new Response(brokenOff(), { headers: { 'Content-Type': 'application/json' } }),
    ],
  ])('is tried again after %s, with the same key', async (name, refusal) => {
    const { client, sent } = behind([refusal, refusal]);
    const { name: created } = await unwrap(client.POST('/api/v1/inboxes', { body: { name } }));
    expect(created).toBe(name);
    expect(sent).toHaveLength(3);
    expect(new Set(sent).size).toBe(1);
    expect(sent[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it('is not tried again for longer than the client wants to wait, nor more often', async () => {
    const long = problem(429, 'RATE_LIMITED', { 'Retry-After': '3600' });
    const { client, sent } = behind([long]);
    const { error } = await client.GET('/api/v1/inboxes');
    expect({ code: error?.code, sent }).toEqual({ code: 'RATE_LIMITED', sent: ['none'] });

    const busy = problem(503, 'DATABASE_UNAVAILABLE', { 'Retry-After': '0' });
    const impatient = behind([busy, busy, busy], { attempts: 2 });
    await expect(unwrap(impatient.client.GET('/api/v1/inboxes'))).rejects.toThrow('DATABASE_UNAVAILABLE');
    expect(impatient.sent).toHaveLength(2);
  });

  it('can respond with what is no problem of the service, and with what was not stored', async () => {
    const page = () => new Response('<h1>Not here</h1>', { status: 404 });
    const lost = behind([page]).client.GET('/api/v1/inboxes');
    await expect(lost).rejects.toThrow(UnexpectedResponseError);

    const replayed = { 'Content-Type': 'application/json', 'Idempotency-Replayed': 'true' };
    const body = JSON.stringify({
      code: 'RESPONSE_NOT_STORED',
      detail: 'It was too large',
      see: '/api/v1/inboxes',
    });
    const { client } = behind([() => new Response(body, { status: 201, headers: replayed })]);
    const unknown = client.POST('/api/v1/inboxes', { body: { name: 'Large' } });
    await expect(unknown).rejects.toMatchObject({ name: 'ResponseNotStoredError', see: '/api/v1/inboxes' });
  });

  it('is left alone by a caller who has stopped waiting', async () => {
    const stop = new AbortController();
    const { client, sent } = behind([problem(503, 'SHUTTING_DOWN', { 'Retry-After': '1' })]);
    const request = client.GET('/api/v1/inboxes', { signal: stop.signal });
    await until(() => sent.length === 1);
    stop.abort();
    await expect(request).rejects.toThrow(/abort/i);
    expect(sent).toHaveLength(1);
  });
});

describe('the items', () => {
  const lists = ROUTES.filter(
    ({ method, path, operation }) =>
      method === 'get' && !path.includes('{') && operation.parameters.some(({ name }) => name === 'cursor'),
  ).map(({ path }) => path as ListPath);

  it.each(lists)('of %s come page by page', async (path) => {
    const isOfPlatform = path === '/api/v1/tenants';
    const headers = isOfPlatform ? { Authorization: `Bearer ${PLATFORM_KEY}` } : world.admin;
    const platform = createClient({ baseUrl: app.url, credentials: bearer(PLATFORM_KEY) });
    const client = isOfPlatform ? platform : clientOf(app, world.admin);
    const filter = path === '/api/v1/conversations/search' ? { q: 'queued' } : {};
    const all: unknown[] = [];
    for await (const item of items<ListPath>(client, path, { query: { limit: 1, ...filter } }))
      all.push(idIn(item));
    const { body } = await app
      .call('get', path.replace('/api/v1', ''), headers)
      .query({ limit: 100, ...filter })
      .expect(200);
    expect(all).toEqual((body as { data: unknown[] }).data.map(idIn));
  });
});

const idIn = (item: unknown) => (item as { id?: string }).id ?? item;

function brokenOff(): ReadableStream {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode('{"id": '));
      controller.error(new TypeError('terminated'));
    },
  });
}
