import type { ServerResponse } from 'node:http';
import { NestLogger } from '../src/http/logging.js';
import { TestApplication } from './support/application.js';
import { IdentityProvider, signedBy, signingKey, type SigningKey } from './support/identity-provider.js';
import { World, type Person } from './support/world.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

let gateway: TestApplication;
let world: World;
let operator: Person;
let known: SigningKey;
let next: SigningKey;
beforeAll(async () => {
  gateway = await TestApplication.start();
  world = await World.create(gateway);
  operator = await world.operator();
  [known, next] = [await signingKey('known'), await signingKey('next')];
});
afterAll(() => gateway.stop());

let provider: IdentityProvider;
/** Has never seen a key yet. */
let app: TestApplication;
let passed: number;
beforeEach(async () => {
  provider = await IdentityProvider.start();
  provider.keys = [known.jwk];
  app = await gateway.another({
    AUTH_MODE: 'jwt',
    JWKS_URL: `${provider.url}?key=hunter2`,
    JWT_ISSUER: 'https://id.example.com',
    JWT_AUDIENCE: 'inbox',
  });
  passed = 0;
  const { now } = Date;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + passed);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await app.stop();
  await provider.stop();
});

/** Nobody waits: the clock by which keys grow old goes on. */
const after = (ms: number) => (passed += ms);

async function call(key: SigningKey) {
  const claims = { tenant_id: world.tenantId, sub: operator.id, exp: 4_000_000_000 };
  const token = await signedBy(key, { ...claims, iss: 'https://id.example.com', aud: 'inbox' });
  return app.call('get', '/tenant', { Authorization: `Bearer ${token}` });
}
const statusOf = async (key: SigningKey) => (await call(key)).status;
/** Signed by the known key, in the name of one that nobody has. */
const invented = (kid: string): SigningKey => ({ ...known, jwk: { ...known.jwk, kid } });

describe('case 20: keys that change while the service runs', () => {
  it('a new key is accepted with the first token that uses it', async () => {
    expect(await statusOf(known)).toBe(200);
    after(11 * SECOND);
    provider.keys = [known.jwk, next.jwk];
    expect(await statusOf(next)).toBe(200);
    expect(await statusOf(known)).toBe(200);
    expect(provider.asked).toBe(2);
  });

  it('a withdrawn key is accepted for at most ten minutes', async () => {
    expect(await statusOf(known)).toBe(200);
    provider.keys = [next.jwk];
    after(9 * MINUTE);
    expect(await statusOf(known)).toBe(200);
    after(1 * MINUTE);
    expect(await statusOf(known)).toBe(401);
    expect(await statusOf(next)).toBe(200);
    expect(provider.asked).toBe(2);
  });

  it('many simultaneous requests fetch the keys once', async () => {
    const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf(known)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(provider.asked).toBe(1);
  });

  it('invented key ids fetch the keys at most every ten seconds', async () => {
    expect(await statusOf(known)).toBe(200);
    after(9 * SECOND);
    for (let i = 0; i < 10; i++) expect(await statusOf(invented(`early-${i}`))).toBe(401);
    expect(provider.asked).toBe(1);
    after(1 * SECOND);
    for (let i = 0; i < 10; i++) expect(await statusOf(invented(`late-${i}`))).toBe(401);
    expect(provider.asked).toBe(2);
  });

  it('a token with a known key never waits for one with an invented id', async () => {
    expect(await statusOf(known)).toBe(200);
    after(11 * SECOND);
    const held = new Promise<ServerResponse>((resolve) => {
      provider.handler = (_request, response) => resolve(response);
    });
    const attacker = call(invented('invented'));
    const response = await held;
    expect(await statusOf(known)).toBe(200);
    response.end(JSON.stringify({ keys: provider.keys }));
    expect((await attacker).status).toBe(401);
  });
});

describe('case 20: an identity provider without keys', () => {
  const says = (status: number, text: string, headers = {}) => {
    provider.handler = (_request, response) => response.writeHead(status, headers).end(text);
  };
  const redirect = (status: number) => () => {
    provider.handler = ({ url = '' }, response) => {
      if (url.startsWith('/moved')) response.end(JSON.stringify({ keys: [known.jwk] }));
      else response.writeHead(status, { Location: '/moved' }).end();
    };
  };
  /** The time-out, without its three seconds. */
  const impatient = () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms / 60));
  };

  it.each<[string, () => unknown]>([
    ['is stopped', () => provider.stop()],
    ['responds 500', () => says(500, JSON.stringify({ keys: [known.jwk] }))],
    ['responds 404', () => says(404, '')],
    ['responds 204', () => says(204, '')],
    ['redirects', redirect(302)],
    ['redirects for good', redirect(308)],
    ['responds with a page', () => says(200, '<html>Sign in</html>')],
    ['responds with nothing', () => says(200, '')],
    ['responds with null', () => says(200, 'null')],
    ['responds with a list', () => says(200, JSON.stringify([known.jwk]))],
    ['responds with other JSON', () => says(200, '{"error":"maintenance"}')],
    ['responds with keys that are none', () => says(200, '{"keys":[null,5]}')],
    ['hangs up', () => (provider.handler = (request) => request.socket.destroy())],
    [
      'hangs up in the middle',
      () => {
        provider.handler = (request, response) => {
          response.writeHead(200, { 'Content-Length': '1000' }).write('{"keys":[');
          setImmediate(() => request.socket.destroy());
        };
      },
    ],
    ['never responds', () => (impatient(), (provider.handler = () => undefined))],
    [
      'never ends its response',
      () => (impatient(), (provider.handler = (_request, response) => response.write('{"keys":['))),
    ],
  ])('which %s makes it 503 with Retry-After, until it does', async (_how, misbehave) => {
    await misbehave();
    const started = performance.now();
    const response = await call(known);
    expect(response.body).toMatchObject({ status: 503, code: 'IDENTITY_PROVIDER_UNAVAILABLE' });
    expect(response.headers['retry-after']).toBe('1');
    expect(performance.now() - started).toBeLessThan(3 * SECOND);
    await provider.startAgain();
    after(5 * SECOND);
    expect(await statusOf(known)).toBe(200);
  });

  it('has three seconds to respond', async () => {
    const timeout = jest.spyOn(AbortSignal, 'timeout');
    expect(await statusOf(known)).toBe(200);
    expect(timeout.mock.calls).toEqual([[3 * SECOND]]);
  });

  it('is asked at most every five seconds, and no request waits in between', async () => {
    says(500, '');
    for (let i = 0; i < 10; i++) expect(await statusOf(known)).toBe(503);
    expect(provider.asked).toBe(1);
    after(5 * SECOND);
    const statuses = await Promise.all(Array.from({ length: 10 }, () => statusOf(known)));
    expect(new Set(statuses)).toEqual(new Set([503]));
    expect(provider.asked).toBe(2);
  });

  it('leaves known keys valid for an hour, and no token with one waits', async () => {
    expect(await statusOf(known)).toBe(200);
    await provider.stop();
    for (let minutes = 5; minutes < 60; minutes += 5) {
      after(5 * MINUTE);
      expect(await statusOf(known)).toBe(200);
    }
    after(5 * MINUTE);
    expect(await statusOf(known)).toBe(503);
    await provider.startAgain();
    after(5 * SECOND);
    expect(await statusOf(known)).toBe(200);
  });

  it('makes no token with a known key wait for its time-out twice', async () => {
    expect(await statusOf(known)).toBe(200);
    says(500, '');
    after(10 * MINUTE);
    expect(await statusOf(known)).toBe(200);
    after(5 * SECOND);
    // A request that waited for this response would wait for ever.
    jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => new AbortController().signal);
    provider.handler = () => undefined;
    expect(await statusOf(known)).toBe(200);
  });

  it('makes the response 503 for an unknown key, which may be new', async () => {
    expect(await statusOf(known)).toBe(200);
    after(11 * SECOND);
    await provider.stop();
    expect(await statusOf(next)).toBe(503);
    expect(await statusOf(known)).toBe(200);
    await provider.startAgain();
    provider.keys = [known.jwk, next.jwk];
    after(5 * SECOND);
    expect(await statusOf(next)).toBe(200);
  });

  it('is logged once, and when it is back, without secrets of its URL', async () => {
    const [warn, log] = [jest.spyOn(NestLogger.prototype, 'warn'), jest.spyOn(NestLogger.prototype, 'log')];
    const told = () => [...warn.mock.calls, ...log.mock.calls].filter((line) => line.at(-1) === 'KeySet');
    says(500, '');
    for (let i = 0; i < 5; i++) {
      expect(await statusOf(known)).toBe(503);
      after(5 * SECOND);
    }
    expect(told()).toEqual([
      [
        { url: provider.url, reason: 'status 500' },
        'the identity provider does not serve its keys',
        'KeySet',
      ],
    ]);
    provider.handler = null;
    expect(await statusOf(known)).toBe(200);
    expect(told().slice(1)).toEqual([['the identity provider serves its keys again', 'KeySet']]);
    await provider.stop();
    after(11 * SECOND);
    await statusOf(next);
    expect(warn.mock.lastCall).toMatchObject([{ reason: 'ECONNREFUSED' }, expect.anything(), 'KeySet']);
    expect(JSON.stringify(told())).not.toContain('hunter2');
  });
});
