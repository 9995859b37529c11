import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { publicPrefix } from '../src/access/api-key.js';
import { networkOf } from '../src/http/client-address.js';
import { TestApplication, type Headers } from './support/application.js';
import { Flood } from './support/hostile/flood.js';
import { Guesser } from './support/hostile/guesser.js';
import { runDelayMs } from './support/hostile/run-delay.js';
import { Scrape } from './support/scrape.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';
import { World, type Person } from './support/world.js';

const PATH = '/api/v1/tenant';
const CONNECTIONS = 200;
const PER_SECOND = 10;
const AT_ONCE = 20;
const AS_DEFAULT = { FAILED_AUTHENTICATIONS_PER_SECOND: String(PER_SECOND) };
/** What another tenant waits for a read at the most, without what the service and the test wait for a processor. */
const WORST_MS = 500;
/** How much longer than before a request may take, where it takes longer than a busy machine explains. */
const [WORST_RATIO, UNREMARKABLE_MS] = [20, 250];
const TOKEN_SECRET = 'a-shared-secret-of-at-least-32-characters';

let app: TestApplication;
let victim: World;
let other: World;
let operator: Person;
beforeAll(async () => {
  app = await TestApplication.start();
  [victim, other] = [await World.create(app), await World.create(app)];
  operator = await other.operator();
});
afterAll(() => app.stop());

async function newKey(): Promise<string> {
  const call = app.call('post', '/api-keys', victim.admin).send({ name: randomUUID() });
  return ((await call.expect(201)).body as { key: string }).key;
}
const bearer = (key: string): Headers => ({ Authorization: `Bearer ${key}` });
/** The same key id with another secret. */
const guessOf = (key: string) =>
  bearer(`${key.slice(0, -43)}${randomUUID().replaceAll('-', '').padEnd(43, 'A')}`);
const invented = () => bearer(`${publicPrefix(randomUUID(), randomUUID())}_${'A'.repeat(43)}`);
const inTurn = (count: number, key: string) =>
  Array.from({ length: count }, (_, i) => (i % 2 === 0 ? guessOf(key) : invented()));

async function checked(service: { url: string }): Promise<number> {
  const failures = (await Scrape.of(service)).all('inbox_authentication_failures_total');
  return failures.reduce((sum, { value }) => sum + value, 0);
}

async function refused(service: { url: string }): Promise<number> {
  const reason = 'failed authentications';
  return (await Scrape.of(service)).value('inbox_requests_refused_total', { reason })!;
}

async function waiting(service: { url: string }): Promise<number | undefined> {
  return (await Scrape.of(service)).value('inbox_authentications_waiting');
}

describe('somebody who guesses API keys on 200 connections', () => {
  let service: ServiceProcess;
  let key: string;
  beforeAll(async () => {
    key = await newKey();
    service = await ServiceProcess.start(app.database.url, { LOG_LEVEL: 'info', ...AS_DEFAULT });
    for (let i = 0; i < 50; i++) {
      await Promise.all(Object.values(CALLS).map((call) => milliseconds(call())));
    }
  }, 60_000);
  afterAll(() => service.stop());

  /** Who is to be served as before. All calls come from the address of the guesser. */
  const CALLS: Record<string, () => [path: string, headers: Headers]> = {
    'another tenant': () => ['/api/v1/conversations', other.admin],
    'a key that was genuine before': () => [PATH, bearer(key)],
    'an operator behind the gateway': () => [PATH, operator.headers],
    '/health': () => ['/health', {}],
  };

  async function milliseconds([path, headers]: [path: string, headers: Headers]): Promise<number> {
    const delay = () => runDelayMs(service.process.pid, process.pid);
    const [begun, before] = [performance.now(), delay()];
    const response = await fetch(`${service.url}${path}`, { headers });
    await response.arrayBuffer();
    expect(response.status).toBe(200);
    return performance.now() - begun - (delay() - before);
  }

  it('has some checked in a second, and delays nobody else', async () => {
    const quiet: Record<string, number> = {};
    for (const [who, call] of Object.entries(CALLS)) {
      quiet[who] = 0;
      for (let i = 0; i < 20; i++) quiet[who] = Math.max(quiet[who], await milliseconds(call()));
    }
    const before = await checked(service);
    const guesser = Guesser.begin(service.url, PATH, inTurn(1_000, key), CONNECTIONS);
    const begun = performance.now();
    const worst: Record<string, number> = {};
    try {
      while (performance.now() - begun < 5_000) {
        for (const [who, call] of Object.entries(CALLS)) {
          worst[who] = Math.max(worst[who] ?? 0, await milliseconds(call()));
        }
      }
      const seconds = (performance.now() - begun) / 1_000;
      const guesses = (await checked(service)) - before;
      process.stderr.write(
        `${guesses} guesses checked in ${seconds.toFixed(1)} s, responses ${JSON.stringify(guesser.counts)}; ` +
          `${Object.entries(worst)
            .map(([who, ms]) => `${who} ${ms.toFixed()} ms (${quiet[who]!.toFixed(1)} before)`)
            .join(', ')}\n`,
      );
      expect(guesses).toBeLessThanOrEqual(AT_ONCE + PER_SECOND * (seconds + 1));
      expect(guesses).toBeGreaterThan(AT_ONCE);
      expect(guesser.counts[429]).toBeGreaterThan(CONNECTIONS);
      for (const [who, ms] of Object.entries(worst)) {
        expect([who, Math.min(ms, WORST_MS)]).toEqual([who, ms]);
        expect([who, ms < Math.max(quiet[who]! * WORST_RATIO, UNREMARKABLE_MS)]).toEqual([who, true]);
      }
    } finally {
      await guesser.end();
    }
    // Who leaves does not wait.
    await until(async () => (await waiting(service)) === 0);
  }, 60_000);
});

describe('an address whose requests fail', () => {
  let service: TestApplication;
  beforeEach(async () => {
    service = await app.another(AS_DEFAULT);
  });
  afterEach(() => service.stop());

  /** Guesses that wait, and as many as can. */
  async function guesses(): Promise<{ end: () => Promise<void>; waiting: Flood }> {
    const before = await checked(service);
    const free = await Flood.begin(service.url, PATH, Array.from({ length: AT_ONCE + 5 }, invented));
    await until(async () => (await checked(service)) - before === AT_ONCE + 5);
    const flood = await Flood.begin(service.url, PATH, Array.from({ length: 100 }, invented));
    await until(async () => (await waiting(service))! > 40);
    return { waiting: flood, end: () => free.end().then(() => flood.end()) };
  }

  it('gets 429 with Retry-After, unchecked, when 64 wait; a new key is served in its turn', async () => {
    const key = await newKey();
    const flood = await guesses();
    const [known, refusals] = [await checked(service), await refused(service)];
    const more = await Flood.begin(service.url, PATH, Array<Headers>(50).fill(guessOf(key)));
    await until(async () => (await refused(service)) - refusals > 20);
    expect((await checked(service)) - known).toBeLessThan(30);
    const response = await Promise.any(
      Array.from({ length: 30 }, async () => {
        const each = await fetch(`${service.url}${PATH}`, { headers: guessOf(key) });
        return each.status === 429 ? each : Promise.reject(new Error(`${each.status}`));
      }),
    );
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await response.json()).toMatchObject({ code: 'RATE_LIMITED' });
    await more.end();
    await flood.end();
    await until(async () => (await waiting(service)) === 0);
    const begun = performance.now();
    await service.call('get', '/tenant', bearer(key)).expect(200);
    expect(performance.now() - begun).toBeLessThan(2_000);
    // From now on it is known.
    await Promise.all(
      Array.from({ length: 30 }, () => service.call('get', '/tenant', bearer(key)).expect(200)),
    );
  }, 30_000);

  it('has no more guesses looked up at the same moment than it can have wrong', async () => {
    const refusals = await refused(service);
    const before = await checked(service);
    const flood = await Flood.begin(service.url, PATH, Array.from({ length: 300 }, invented));
    await until(async () => (await refused(service)) - refusals > 100);
    expect((await checked(service)) - before).toBeLessThan(AT_ONCE + 2 * PER_SECOND);
    await flood.end();
  }, 30_000);

  it('is served at once with many new keys at the same moment, all of them genuine', async () => {
    const keys = await Promise.all(Array.from({ length: 60 }, newKey));
    const refusals = await refused(service);
    const callers = Array.from({ length: 240 }, (_, i) => bearer(keys[i % keys.length]!));
    const flood = await Flood.begin(service.url, PATH, callers);
    expect(await flood.responses).toMatchObject({ counts: { 200: 240 } });
    expect(await waiting(service)).toBe(0);
    expect(await refused(service)).toBe(refusals);
    await flood.end();
  }, 30_000);

  it('holds no connection to the database and does not delay the end of the service', async () => {
    const flood = await guesses();
    const [{ busy }] = (await app.database.rows<{ busy: number }>(
      `select count(*)::integer as busy from pg_stat_activity
       where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`,
    )) as [{ busy: number }];
    expect(busy).toBe(0);
    const begun = performance.now();
    await service.stop();
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect((await flood.waiting.responses).counts[503]).toBeGreaterThan(30);
    await flood.end();
  }, 30_000);

  it('is served when a token is genuine, also a new one', async () => {
    const tokens = await app.another({ AUTH_MODE: 'jwt', JWT_SECRET: TOKEN_SECRET, ...AS_DEFAULT });
    const token = async (secret: string) => {
      const claims = { tenant_id: other.tenantId, sub: operator.id, jti: randomUUID(), exp: 4_000_000_000 };
      const signing = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' });
      return bearer(await signing.sign(new TextEncoder().encode(secret)));
    };
    const forged = await token(TOKEN_SECRET.toUpperCase());
    const flood = await Flood.begin(tokens.url, PATH, Array<Headers>(300).fill(forged));
    try {
      await until(async () => (await waiting(tokens))! > 40);
      const [begun, states] = [performance.now(), [] as number[]];
      for (let i = 0; i < 10; i++) {
        states.push((await tokens.call('get', '/tenant', await token(TOKEN_SECRET))).status);
      }
      expect(states).toEqual(Array<number>(10).fill(200));
      // In line each would have waited for more than six seconds.
      expect(performance.now() - begun).toBeLessThan(4_000);
      const { counts } = await flood.responses;
      // The first ones are free, some wait, and the others are refused.
      expect(counts[401]).toBeGreaterThanOrEqual(AT_ONCE + 64);
      expect((counts[401] ?? 0) + (counts[429] ?? 0)).toBe(300);
      expect(counts[429]).toBeGreaterThan(100);
    } finally {
      await flood.end();
      await tokens.stop();
    }
  }, 30_000);
});

describe('an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('%s counts as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
