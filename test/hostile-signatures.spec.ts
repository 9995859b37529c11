import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { NewApiKey } from '../src/api-keys/api-key.js';
import { TestApplication, type Headers } from './support/application.js';
import { raw, type RawRequest } from './support/raw.js';
import { Scrape } from './support/scrape.js';
import { newSigningKey, signatureOf, type Signed } from './support/signed.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

const MESSAGES = '/api/v1/orchestrator/messages';

let app: TestApplication;
let world: World;
let signing: NewApiKey;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  signing = await newSigningKey(world);
});
afterAll(() => app.stop());

const signed = (changes: Signed = {}): Headers => signatureOf(signing.signingSecret!, changes);

const get = (headers: Headers, more: Partial<RawRequest> = {}) =>
  raw(app.url, {
    path: '/api/v1/tenant',
    headers: { Authorization: `Bearer ${signing.key}`, ...headers },
    ...more,
  });

describe('a captured signed request', () => {
  const QUERY = '/api/v1/conversations?state=QUEUED&limit=1';

  it.each<[string, Signed, Partial<RawRequest>]>([
    ['another path', {}, { path: '/api/v1/inboxes' }],
    ['a query', {}, { path: '/api/v1/tenant?' }],
    ['another query', { path: QUERY }, { path: QUERY.replace('QUEUED', 'RESOLVED') }],
    ['no query', { path: QUERY }, { path: '/api/v1/conversations' }],
    ['another order of the query', { path: QUERY }, { path: '/api/v1/conversations?limit=1&state=QUEUED' }],
    ['another way to write the path', {}, { path: '/api/v1/%74enant' }],
    ['an address with a host', {}, { path: 'http://x/api/v1/tenant' }],
    ['another method', {}, { method: 'HEAD' }],
    ['a method in other letters', { method: 'get' }, {}],
    ['the path in the body', { path: '/api/v1', body: '/tenant' }, {}],
  ])('is refused at %s', async (_what, changes, sent) => {
    const headers = signed(changes);
    expect((await get(headers, sent)).status).toBe(401);
    // As it was signed, it is accepted still.
    const { method = 'GET', path = '/api/v1/tenant' } = changes;
    const intact = method === 'GET' && path !== '/api/v1';
    expect((await get(headers, { method: 'GET', path: intact ? path : '/api/v1/tenant' })).status).toBe(
      intact ? 200 : 401,
    );
  });

  it('is refused at another route with the same body', async () => {
    const body = JSON.stringify({
      externalConversationId: 'signed',
      inboxId: (await world.inbox()).id,
      customerPhoneNumber: '+4915112345678',
    });
    const headers = signed({ method: 'POST', path: MESSAGES, body });
    const sent = { Authorization: `Bearer ${signing.key}`, 'Content-Type': 'application/json', ...headers };
    const elsewhere = { method: 'POST', path: `${MESSAGES}/batch`, headers: sent, body };
    expect((await raw(app.url, elsewhere)).status).toBe(401);
    expect((await raw(app.url, { ...elsewhere, path: MESSAGES })).status).toBe(201);
  });

  it('is accepted with the address that a client sends to a proxy, when that is what it signed', async () => {
    const path = `${app.url}/api/v1/tenant`;
    expect((await get(signed({ path }), { path })).status).toBe(200);
  });
});

describe('a wrong signature', () => {
  const SLOW = { FAILED_AUTHENTICATIONS_PER_SECOND: '1', FAILED_AUTHENTICATIONS_AT_ONCE: '5' };
  /** Signed for another route. */
  const forged = (body: string): RawRequest => ({
    method: 'POST',
    path: `${MESSAGES}/batch`,
    headers: {
      Authorization: `Bearer ${signing.key}`,
      'Content-Type': 'application/json',
      ...signed({ method: 'POST', path: MESSAGES, body }),
    },
    body,
  });

  it.each([
    ['is no JSON', '{"messages":['],
    ['nests too deep', '['.repeat(500_000)],
    ['has too many fields', `{${Array.from({ length: 100_000 }, (_, i) => `"a${i}":0`).join()}}`],
  ])('is refused before anybody looks at a body that %s', async (_what, body) => {
    const { status } = await raw(app.url, forged(body));
    expect(status).toBe(401);
  });

  it('is slowed down, and the owner of the key is not', async () => {
    const slow = await app.another(SLOW);
    try {
      const waiting = async () => (await Scrape.of(slow)).value('inbox_authentications_waiting')!;
      const guesses = Array.from({ length: 20 }, () => raw(slow.url, forged('{"messages":[]}')));
      await until(async () => (await waiting()) > 10);
      const headers = { Authorization: `Bearer ${signing.key}`, ...signed() };
      expect((await raw(slow.url, { path: '/api/v1/tenant', headers })).status).toBe(200);
      expect(await waiting()).toBeGreaterThan(5);
      await slow.stop();
      const statuses = (await Promise.all(guesses)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(5);
      expect(statuses.filter((status) => status !== 401 && status !== 503)).toEqual([]);
    } finally {
      await slow.stop();
    }
  });
});

describe('docs/signed-requests.md', () => {
  it('has an example that signs a request', async () => {
    const page = readFileSync('docs/signed-requests.md', 'utf8');
    const [, example = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
    const given = { url: app.url, ...signing, inboxId: (await world.inbox()).id };
    const program =
      `const { url, key, signingSecret, inboxId } = ${JSON.stringify(given)};\n${example}\n` +
      'console.log(response.status, (await response.json()).code);';
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    expect(stdout.trim()).toBe('201 undefined');
  });
});
