import { once } from 'node:events';
import { SignJWT } from 'jose';
import { TestApplication, type Headers } from './support/application.js';
import { json, problemCode, raw, type RawResponse, type RawRequest } from './support/raw.js';
import { ServiceProcess } from './support/service-process.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World } from './support/world.js';

const NUMBER = '15177788899';
const EMAIL = 'carla.secret@customer.example';
const NAME = 'Carla Unmistakable';
const GUESSED_KEY = 'guessed-key-that-nobody-has';
const JWT_SECRET = 'a-shared-secret-of-at-least-32-characters';

let app: TestApplication;
let world: World;
/** Tells everything it can. */
let talkative: ServiceProcess;
let log = '';
let inboxId: string;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  inboxId = (await world.inbox()).id;
  talkative = await ServiceProcess.start(app.database.url, { LOG_LEVEL: 'trace' });
  talkative.process.stdout!.on('data', (chunk: Buffer) => (log += chunk.toString()));
});
afterAll(async () => {
  await talkative.stop();
  await app.stop();
});

const call = (request: RawRequest): Promise<RawResponse> =>
  raw(talkative.url, { ...request, path: `/api/v1${request.path}` });
const post = (path: string, body: unknown, headers: Headers) =>
  call({ method: 'POST', path, ...json(body, headers) });

/** Waits until the service has said what it has to say about all requests so far. */
async function allTold(): Promise<void> {
  const last = await call({ path: '/tenant' });
  while (!log.includes(String(last.headers['x-request-id']))) await once(talkative.process.stdout!, 'data');
}

/** What must be in no line: the digits of the number however it was written, addresses, names, keys. */
function secretsIn(text: string, more: string[] = []): string[] {
  const secrets = [
    NUMBER,
    '177788899',
    '151 777',
    EMAIL,
    NAME,
    PLATFORM_KEY,
    GUESSED_KEY,
    JWT_SECRET,
    ...more,
  ];
  return secrets.filter((secret) => text.includes(secret));
}

const message = (inboxId: string) => ({
  externalConversationId: 'thread-1',
  inboxId,
  customerPhoneNumber: `+49${NUMBER}`,
  displayName: NAME,
  lead: { externalId: 'crm-1', name: NAME, email: EMAIL, phone: `+49${NUMBER}` },
});

describe('the log', () => {
  it('has a line for each request, with its id and route, and without values of the caller', async () => {
    const { orchestrator, admin } = world;
    const phone = `%2B49${NUMBER}`;
    const responses = [
      await post('/orchestrator/messages', message(inboxId), orchestrator),
      await post(
        '/orchestrator/messages/batch',
        { messages: [message(inboxId), { customerPhoneNumber: NUMBER }] },
        orchestrator,
      ),
      await post('/orchestrator/messages', { customerPhoneNumber: [`0${NUMBER}`] }, orchestrator),
      await call({
        method: 'POST',
        path: '/orchestrator/messages',
        headers: { ...orchestrator, 'Content-Type': 'application/json' },
        body: `{"customerPhoneNumber":"+49${NUMBER}`,
      }),
      await call({
        method: 'POST',
        path: '/orchestrator/messages',
        headers: { ...orchestrator, 'Content-Type': 'text/plain' },
        body: `+49${NUMBER}`,
      }),
      await call({ path: `/conversations/search?phoneNumber=${phone}`, headers: admin }),
      await call({ path: `/conversations/search?phoneNumber=49${NUMBER}`, headers: admin }),
      await call({ path: `/conversations/search?q=${NUMBER}`, headers: admin }),
      await post('/conversations/search', { q: NAME }, admin),
      await post('/conversations/search', { phoneNumber: `+49${NUMBER}` }, admin),
      await post('/conversations/search', { q: NAME, phoneNumber: `+49${NUMBER}` }, admin),
      await call({ path: `/conversations?customerPhoneNumber=${phone}`, headers: admin }),
      await call({ path: `/conversations/${phone}`, headers: admin }),
      await call({ path: `/nowhere/${phone}?phoneNumber=${phone}`, headers: admin }),
      await call({ path: `/conversations/%zz${phone}`, headers: admin }),
      await call({ method: 'PUT', path: `/conversations?phoneNumber=${phone}`, headers: admin }),
      await post('/inboxes', { name: 'Twin', phoneNumber: `+49${NUMBER}` }, admin),
      await post('/inboxes', { name: 'Other', phoneNumber: `+49${NUMBER}` }, admin),
      await post('/operators', { name: NAME, email: EMAIL, role: 'OPERATOR' }, admin),
      await post('/operators', { name: NAME, email: EMAIL, role: 'OPERATOR' }, admin),
      await call({ path: '/tenants', headers: { Authorization: `Bearer ${PLATFORM_KEY}` } }),
      await call({ path: '/tenants', headers: { Authorization: `Bearer ${GUESSED_KEY}` } }),
      await call({
        path: `/tenants?key=${GUESSED_KEY}`,
        headers: { Authorization: `Bearer ${PLATFORM_KEY}` },
      }),
    ];
    expect(responses.map(({ status }) => status)).toEqual([
      201, 200, 400, 400, 415, 200, 200, 200, 200, 200, 400, 200, 400, 404, 400, 404, 201, 409, 201, 409, 200,
      401, 400,
    ]);
    await allTold();
    const lines = responses.map(({ headers }) => log.split(headers['x-request-id']!).length - 1);
    // An address that cannot be decoded never becomes a request to Fastify: nothing is told of it.
    const undecodable = responses.findIndex(({ body }) => String(body['instance']).includes('%zz'));
    expect(lines).toEqual(responses.map((_, i) => (i === undecodable ? 0 : 1)));
    expect(secretsIn(log)).toEqual([]);
    expect(log).toContain('"route":"/api/v1/conversations/search"');
  });

  it.each([
    [
      'a statement of our own',
      'alter table conversations add constraint full_of_details check (version > 100) not valid',
      () =>
        post(
          '/orchestrator/messages',
          { ...message(inboxId), externalConversationId: 'thread-2' },
          world.orchestrator,
        ),
      'alter table conversations drop constraint full_of_details',
    ],
    [
      'a statement of the repository',
      'alter table operators add constraint full_of_details check (max_load > 7) not valid',
      () => post('/operators', { name: NAME, email: `x${EMAIL}`, role: 'ADMIN', maxLoad: 5 }, world.admin),
      'alter table operators drop constraint full_of_details',
    ],
    [
      'a statement that no longer fits',
      'alter table inboxes rename column description to notes',
      () => post('/inboxes', { name: NAME, phoneNumber: `+49${NUMBER}1`, description: EMAIL }, world.admin),
      'alter table inboxes rename column notes to description',
    ],
  ])(
    'has an unexpected error of %s without values, and the caller gets no detail',
    async (_what, spoil, work, mend) => {
      await app.database.rows(spoil);
      let response: RawResponse;
      try {
        response = await work();
      } finally {
        await app.database.rows(mend);
      }
      expect(problemCode(response, String(response.body['instance']))).toBe('INTERNAL');
      expect(response.body['detail']).toMatch(/^An unexpected error occurred/);
      expect(Object.keys(response.body)).toHaveLength(7);
      await allTold();
      expect(log).toContain('unexpected error');
      expect(secretsIn(log)).toEqual([]);
    },
  );

  it('has no token, valid or not, and no secret', async () => {
    const tokens = await ServiceProcess.start(app.database.url, {
      LOG_LEVEL: 'trace',
      AUTH_MODE: 'jwt',
      JWT_SECRET,
    });
    let lines = '';
    tokens.process.stdout!.on('data', (chunk: Buffer) => (lines += chunk.toString()));
    try {
      const claims = { tenant_id: world.tenantId, sub: world.admin['X-Operator-Id']!, exp: 4_000_000_000 };
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(JWT_SECRET));
      for (const [bearer, status] of [
        [token, 200],
        [`${token}x`, 401],
      ] as const) {
        const headers = { Authorization: `Bearer ${bearer}` };
        expect((await raw(tokens.url, { path: '/api/v1/tenant', headers })).status).toBe(status);
      }
      await tokens.stop();
      expect(lines).toContain('"status":401');
      expect(secretsIn(lines, token.split('.'))).toEqual([]);
    } finally {
      await tokens.stop();
    }
  });
});
