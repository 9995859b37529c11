import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { TestApplication } from './support/application.js';
import { refused } from './support/refused.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World, type Person } from './support/world.js';

/** Long enough for every algorithm of the family, so that nothing but the algorithm is wrong. */
const SECRET = 'a-shared-secret-of-at-least-64-characters-which-hs512-would-take-too';
const ISSUER = 'https://id.example.com';
const AUDIENCE = 'inbox-allocation';
const CHECKED = { AUTH_MODE: 'jwt', JWT_SECRET: SECRET, JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE };
const HOUR = 3600;

let gateway: TestApplication;
/** The same database behind a service that takes tokens. */
let app: TestApplication;
let world: World;
let other: World;
let operator: Person;
beforeAll(async () => {
  gateway = await TestApplication.start();
  app = await gateway.another(CHECKED);
  [world, other] = [await World.create(gateway), await World.create(gateway)];
  operator = await world.operator();
});
afterAll(async () => {
  await app.stop();
  await gateway.stop();
});

const now = () => Math.floor(Date.now() / 1000);
const claims = (changes: JWTPayload = {}): JWTPayload => ({
  tenant_id: world.tenantId,
  sub: operator.id,
  iss: ISSUER,
  aud: AUDIENCE,
  exp: now() + HOUR,
  ...changes,
});
/** All that tells or keeps time but the date. */
const TIMERS = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

/** Meanwhile the clock of this process, and so of the service, shows this second. */
async function atTime(second: number, work: () => PromiseLike<unknown>): Promise<void> {
  jest.useFakeTimers({ now: second * 1_000, doNotFake: [...TIMERS] });
  try {
    await work();
  } finally {
    jest.useRealTimers();
  }
}
const without = (claim: string): JWTPayload => ({ ...claims(), [claim]: undefined });
const signed = (payload: JWTPayload, secret = SECRET, alg = 'HS256') =>
  new SignJWT(payload).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
const own = (token: string) => app.call('get', '/tenant', { Authorization: `Bearer ${token}` });

describe('case 20: a token', () => {
  it('proves an operator', async () => {
    const { body } = await own(await signed(claims())).expect(200);
    expect(body).toMatchObject({ id: world.tenantId });
  });

  it('may name several audiences and a past nbf', async () => {
    await own(await signed(claims({ aud: ['billing', AUDIENCE], nbf: now() - 1, iat: now() }))).expect(200);
  });

  it.each<[string, () => Promise<string> | string]>([
    ['without a signature', () => new UnsecuredJWT(claims()).encode()],
    ['without a signature, in other letters', () => handmade({ alg: 'NONE' }, claims(), '')],
    ['that lost its signature', async () => (await signed(claims())).replace(/[^.]+$/, '')],
    ['signed with HS512', () => signed(claims(), SECRET, 'HS512')],
    ['signed with HS384', () => signed(claims(), SECRET, 'HS384')],
    ['signed with RS256', () => signedWithRsa(claims())],
    ['signed with another secret', () => signed(claims(), SECRET.toUpperCase())],
    ['changed after it was signed', async () => changed(await signed(claims()))],
    ['for another audience', () => signed(claims({ aud: 'billing' }))],
    ['for no audience', () => signed(without('aud'))],
    ['from another issuer', () => signed(claims({ iss: `${ISSUER}/` }))],
    ['from no issuer', () => signed(without('iss'))],
    ['that has expired', () => signed(claims({ exp: now() - HOUR }))],
    ['that is not valid yet', () => signed(claims({ nbf: now() + HOUR }))],
    ['that never expires', () => signed(without('exp'))],
    ['that expires in words', () => signed(claims({ exp: '2099-01-01' as unknown as number }))],
    ['without a tenant', () => signed(without('tenant_id'))],
    ['without an operator', () => signed(without('sub'))],
    ['of an unknown tenant', () => signed(claims({ tenant_id: randomUUID() }))],
    ['of a malformed tenant', () => signed(claims({ tenant_id: 'acme' }))],
    ['of several tenants', () => signed(claims({ tenant_id: [world.tenantId] }))],
    ['of an unknown operator', () => signed(claims({ sub: randomUUID() }))],
    ['of a malformed operator', () => signed(claims({ sub: '*' }))],
    ['of an operator of another tenant', () => signed(claims({ tenant_id: other.tenantId }))],
    ['that is none', () => 'not-a-token'],
    ['of three dots', () => '...'],
    ['with a header that is no JSON', () => 'e30x.e30.e30'],
  ])('%s gets the same 401 as every other', async (_what, make) => {
    const { body, headers } = await own(await make());
    const { body: plain } = await app.call('get', '/tenant');
    expect(body).toEqual({ ...plain, requestId: (body as { requestId: string }).requestId });
    expect(body).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(headers['www-authenticate']).toBe('Bearer');
  });

  it.each<[string, string, JWTPayload, number]>([
    ['expired, within the tolerance', '60', { exp: -50 }, 200],
    ['expired, at its end', '60', { exp: -60 }, 401],
    ['not valid yet, within the tolerance', '60', { nbf: 60 }, 200],
    ['not valid yet, beyond it', '60', { nbf: 70 }, 401],
    ['expired, without any tolerance', '0', { exp: 0 }, 401],
    ['not valid yet, without any tolerance', '0', { nbf: 10 }, 401],
  ])('whose issuer has another clock: %s', async (_what, tolerance, changes, status) => {
    const app = await gateway.another({ ...CHECKED, JWT_CLOCK_TOLERANCE_SECONDS: tolerance });
    try {
      const since = now();
      const times = Object.entries(changes).map(([claim, seconds]) => [claim, since + Number(seconds)]);
      const token = await signed(claims(Object.fromEntries(times) as JWTPayload));
      await app.call('get', '/tenant', { Authorization: `Bearer ${token}` }).expect(status);
    } finally {
      await app.stop();
    }
  });

  it('does not say which role its owner has', async () => {
    const token = await signed(claims({ role: 'ADMIN', roles: ['ADMIN'], scope: 'admin' }));
    const { body } = await app
      .call('get', `/operators/${operator.id}`, { Authorization: `Bearer ${token}` })
      .expect(200);
    expect(body).toMatchObject({ role: 'OPERATOR' });
    const create = app.call('post', '/operators', { Authorization: `Bearer ${token}` });
    await refused(create.send({ name: 'Eve', role: 'ADMIN' }), 'FORBIDDEN');
  });

  it('of a deactivated operator gets 401', async () => {
    const gone = await world.operator();
    const token = await signed(claims({ sub: gone.id }));
    await own(token).expect(200);
    await world.deactivate(gone);
    await refused(own(token), 'OPERATOR_INACTIVE');
  });

  it('is refused once it has expired, even if it was accepted before', async () => {
    const exp = now() + HOUR;
    const token = await signed(claims({ exp }));
    await own(token).expect(200);
    await own(token).expect(200);
    // Clocks may differ by five seconds.
    await atTime(exp + 4, () => own(token).expect(200));
    await atTime(exp + 4, () => own(token).expect(200));
    await atTime(exp + 5, () => refused(own(token), 'UNAUTHENTICATED'));
  });

  it('cannot identify a service', async () => {
    const headers = { Authorization: `Bearer ${await signed(claims())}`, 'X-Service': 'orchestrator' };
    await refused(app.call('post', '/orchestrator/messages', headers).send({}), 'FORBIDDEN');
  });
});

describe('with AUTH_MODE=jwt', () => {
  it('headers of a gateway prove nothing', async () => {
    await refused(app.call('get', '/tenant', operator.headers), 'UNAUTHENTICATED');
    await refused(app.call('get', '/tenant', world.orchestrator), 'UNAUTHENTICATED');
  });

  it('headers of a gateway change nothing about a token', async () => {
    const headers = { Authorization: `Bearer ${await signed(claims())}`, ...other.admin };
    const { body } = await app.call('get', '/tenant', headers).expect(200);
    expect(body).toMatchObject({ id: world.tenantId });
    await refused(app.call('get', '/operators', headers), 'FORBIDDEN');
  });

  it('the platform key works, and a token gives no access to the platform', async () => {
    await app.call('get', '/tenants', { Authorization: `Bearer ${PLATFORM_KEY}` }).expect(200);
    const token = await signed(claims());
    await refused(app.call('get', '/tenants', { Authorization: `Bearer ${token}` }), 'FORBIDDEN');
  });
});

function handmade(header: object, payload: object, signature: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(payload)}.${signature}`;
}

/** The payload says another operator, the signature is the old one. */
function changed(token: string): string {
  const [header = '', , signature = ''] = token.split('.');
  const payload = Buffer.from(JSON.stringify(claims({ sub: randomUUID() }))).toString('base64url');
  return `${header}.${payload}.${signature}`;
}

function signedWithRsa(payload: JWTPayload): Promise<string> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
}
