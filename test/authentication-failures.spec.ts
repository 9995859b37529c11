import { randomUUID } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';
import type { NewApiKey } from '../src/api-keys/api-key.js';
import { newEventTicket } from '../src/access/event-ticket.js';
import { publicPrefix } from '../src/access/api-key.js';
import { AUTHENTICATION_FAILURES, type AuthenticationFailure } from '../src/access/unauthenticated.js';
import { TestApplication, type Headers } from './support/application.js';
import { IdentityProvider, signedBy, signingKey } from './support/identity-provider.js';
import { LoggedService } from './support/logged-service.js';
import { raw } from './support/raw.js';
import { Scrape } from './support/scrape.js';
import { ServiceProcess } from './support/service-process.js';
import { signatureOf, type Signed } from './support/signed.js';
import { World, type Person } from './support/world.js';

const PATH = '/api/v1/tenant';
const TOKEN_SECRET = 'a-shared-secret-of-at-least-32-characters';
const GATEWAY_SECRET = 'Zr7vQ2m9xT4kWc81';
const [ISSUER, AUDIENCE] = ['https://id.example.com', 'inbox-allocation'];
const TOKENS = { AUTH_MODE: 'jwt', JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE };
const NOBODY = '019c8f00-0000-7000-8000-0000000000ff';

let app: TestApplication;
let world: World;
let operator: Person;
let provider: IdentityProvider;
let [gateway, tokens, keySet]: LoggedService[] = [];
let plain: NewApiKey;
let expired: NewApiKey;
let revoked: NewApiKey;
let signing: NewApiKey;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  operator = await world.operator();
  provider = await IdentityProvider.start();
  const start = async (changes: Record<string, string>) =>
    new LoggedService(await ServiceProcess.start(app.database.url, { LOG_LEVEL: 'info', ...changes }));
  [gateway, tokens, keySet] = await Promise.all([
    start({ GATEWAY_SECRET }),
    start({ ...TOKENS, JWT_SECRET: TOKEN_SECRET }),
    start({ ...TOKENS, JWKS_URL: provider.url }),
  ]);
  plain = await makeKey();
  expired = await makeKey();
  revoked = await makeKey();
  await app.call('delete', `/api-keys/${revoked.id}`, world.admin).expect(204);
  signing = await makeKey(true);
  await app.database.rows(`update api_keys set expires_at = now() - interval '1 hour' where id = $1`, [
    expired.id,
  ]);
}, 60_000);
afterAll(async () => {
  await Promise.all(
    [gateway, tokens, keySet].flatMap((each) => (each === undefined ? [] : [each.service.stop()])),
  );
  await provider.stop();
  await app.stop();
});

async function makeKey(requestSigning = false): Promise<NewApiKey> {
  const name = randomUUID();
  const call = app.call('post', '/api-keys', world.admin).send({ name, requestSigning });
  return (await call.expect(201)).body as NewApiKey;
}

const bearer = (token: string): Headers => ({ Authorization: `Bearer ${token}` });
const claims = (changes: JWTPayload = {}): JWTPayload => ({
  tenant_id: world.tenantId,
  sub: operator.id,
  iss: ISSUER,
  aud: AUDIENCE,
  exp: Math.floor(Date.now() / 1000) + 3_600,
  ...changes,
});
const token = async (changes: JWTPayload = {}, secret = TOKEN_SECRET, alg = 'HS256') =>
  bearer(
    await new SignJWT(claims(changes)).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret)),
  );

const signed = (changes: Signed = {}): Headers => ({
  ...bearer(signing.key),
  ...signatureOf(signing.signingSecret!, changes),
});

const call = (logged: LoggedService | undefined, headers: Headers, path = PATH) =>
  raw(logged!.service.url, { path, headers: { ...headers, 'X-Request-Id': randomUUID() } });

interface Case {
  at?: () => LoggedService | undefined;
  headers: () => Headers | Promise<Headers>;
  path?: () => string;
  /** Whom the log names. */
  claimed?: () => { tenant: string; caller: string };
}

const ofKey = (key: () => NewApiKey) => () => ({ tenant: world.tenantId, caller: `key:${key().id}` });
const atTokens = { at: () => tokens };
const fromGateway = (headers: Headers): Headers => ({ 'X-Gateway-Secret': GATEWAY_SECRET, ...headers });

const CASES: Record<AuthenticationFailure, Case> = {
  'no credentials': { ...atTokens, headers: () => ({}) },
  'both credentials': { headers: () => ({ ...bearer(plain.key), ...operator.headers }) },
  'unknown key': { headers: () => bearer('a-guessed-key') },
  'unknown api key': {
    headers: () => bearer(`${publicPrefix(world.tenantId, NOBODY)}_${'A'.repeat(43)}`),
    claimed: () => ({ tenant: world.tenantId, caller: `key:${NOBODY}` }),
  },
  'wrong api key secret': {
    headers: () => bearer(`${plain.key.slice(0, -43)}${'A'.repeat(43)}`),
    claimed: ofKey(() => plain),
  },
  ticket: {
    headers: () => ({}),
    path: () => `/api/v1/events/stream?ticket=${newEventTicket(world.tenantId).ticket}`,
  },
  'revoked api key': { headers: () => bearer(revoked.key), claimed: ofKey(() => revoked) },
  'expired api key': { headers: () => bearer(expired.key), claimed: ofKey(() => expired) },
  'token malformed': { ...atTokens, headers: () => bearer('a.b.c') },
  'token expired': { ...atTokens, headers: () => token({ exp: 1_700_000_000 }) },
  'token signature': { ...atTokens, headers: () => token({}, TOKEN_SECRET.toUpperCase()) },
  'token algorithm': { ...atTokens, headers: () => token({}, TOKEN_SECRET.repeat(2), 'HS512') },
  'token key': {
    at: () => keySet,
    headers: async () => bearer(await signedBy(await signingKey('unpublished'), claims())),
  },
  'token issuer': { ...atTokens, headers: () => token({ iss: 'https://id.example.net' }) },
  'token audience': { ...atTokens, headers: () => token({ aud: 'billing' }) },
  'token claims': { ...atTokens, headers: () => token({ sub: '' }) },
  'gateway secret': { headers: () => ({ ...operator.headers, 'X-Gateway-Secret': 'Zr7vQ2m9xT4kWc82' }) },
  'gateway headers': { headers: () => fromGateway({ 'X-Tenant-Id': world.tenantId }) },
  'unknown tenant': {
    headers: () => fromGateway({ 'X-Tenant-Id': NOBODY, 'X-Service': 'orchestrator' }),
    claimed: () => ({ tenant: NOBODY, caller: 'service:orchestrator' }),
  },
  'unknown operator': {
    headers: () => fromGateway({ 'X-Tenant-Id': world.tenantId, 'X-Operator-Id': NOBODY }),
    claimed: () => ({ tenant: world.tenantId, caller: `operator:${NOBODY}` }),
  },
  'signature missing': { headers: () => bearer(signing.key), claimed: ofKey(() => signing) },
  'signature version': {
    headers: () => {
      const headers = signed();
      return { ...headers, 'webhook-signature': headers['webhook-signature']!.replace('r1,', 'v1,') };
    },
    claimed: ofKey(() => signing),
  },
  'signature timestamp': {
    headers: () => signed({ at: new Date(Date.now() - 301_000) }),
    claimed: ofKey(() => signing),
  },
  'signature wrong': { headers: () => signed({ body: 'other' }), claimed: ofKey(() => signing) },
  'signature repeated': {
    headers: async () => {
      const headers = signed();
      expect((await call(gateway, headers)).status).toBe(200);
      return headers;
    },
    claimed: ofKey(() => signing),
  },
};

describe('who fails to prove who they are', () => {
  /** Of each reason, without the id of the request. */
  const responses = new Set<string>();

  it.each(AUTHENTICATION_FAILURES.map((reason) => [reason, CASES[reason]] as const))(
    'for the reason "%s" reads the same as all others; log and metric have the reason',
    async (reason, { at = () => gateway, headers, path, claimed }) => {
      const logged = at()!;
      const failures = async () =>
        (await Scrape.of(logged.service)).value('inbox_authentication_failures_total', { reason });
      const sent = await headers();
      const before = await failures();
      const response = await call(logged, sent, path?.());
      expect(response.status).toBe(401);
      const requestId = response.headers['x-request-id']!;
      // The path is in the body.
      const own = {
        headers: { ...response.headers, date: '', 'content-length': '' },
        body: response.text,
      };
      const stream = '/api/v1/events/stream';
      responses.add(JSON.stringify(own).replaceAll(requestId, '…').replace(stream, PATH));
      expect([...responses]).toHaveLength(1);
      expect(await logged.lineOf(response)).toMatchObject({
        status: 401,
        code: 'UNAUTHENTICATED',
        reason,
        address: '127.0.0.1',
        ...(claimed?.() ?? { tenant: null, caller: null }),
      });
      expect(await failures()).toBe(before! + 1);
      const { tenant: tenantId = null, caller: principal = null } = claimed?.() ?? {};
      expect(logged.lines()).toContainEqual(
        expect.objectContaining({ level: 'warn', reason, address: '127.0.0.1', tenantId, principal }),
      );
    },
  );
});

describe('the log', () => {
  const told = (person: Person) => ({
    address: '127.0.0.1',
    tenant: world.tenantId,
    caller: `operator:${person.id}`,
  });

  it('says of 403 why, and who', async () => {
    const forbidden = { path: '/api/v1/operators', headers: fromGateway(operator.headers) };
    const response = await raw(gateway!.service.url, forbidden);
    expect(response.body['code']).toBe('FORBIDDEN');
    const line = await gateway!.lineOf(response);
    expect(line).toMatchObject({ status: 403, reason: 'not for OPERATOR', ...told(operator) });
    const gone = await world.operator();
    await world.deactivate(gone);
    const inactive = await gateway!.lineOf(await call(gateway, fromGateway(gone.headers)));
    expect(inactive).toMatchObject({ status: 403, reason: 'operator inactive', ...told(gone) });
  });

  it('says of 429 why, and who', async () => {
    const changes = { LOG_LEVEL: 'info', RATE_LIMIT_PER_MINUTE: '1' };
    const limited = new LoggedService(await ServiceProcess.start(app.database.url, changes));
    try {
      // A new minute may begin between two of them.
      let refused = await call(limited, operator.headers);
      while (refused.status !== 429) refused = await call(limited, operator.headers);
      const line = await limited.lineOf(refused);
      expect(line).toMatchObject({ status: 429, reason: 'principal rate', ...told(operator) });
    } finally {
      await limited.service.stop();
    }
  });

  it('of invented keys stays short', async () => {
    const guess = () => bearer(`${publicPrefix(randomUUID(), randomUUID())}_${'A'.repeat(43)}`);
    const warnings = () => gateway!.lines().filter(({ level }) => level === 'warn').length;
    for (let i = 0; i < 10; i++) {
      await Promise.all(Array.from({ length: 50 }, () => call(gateway, guess())));
    }
    await gateway!.lineOf(await call(gateway, guess()));
    // A hundred within ten seconds.
    expect(warnings()).toBeGreaterThan(50);
    expect(warnings()).toBeLessThan(400);
  });
});
