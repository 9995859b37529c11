import { randomUUID } from 'node:crypto';
import { publicPrefix } from '../src/access/api-key.js';
import { TestApplication, type Headers } from './support/application.js';
import { Flood } from './support/hostile/flood.js';
import { LoggedService } from './support/logged-service.js';
import { raw } from './support/raw.js';
import { Scrape } from './support/scrape.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

describe.each<[setting: string, cases: [what: string, forwarded: string, address: string][]]>([
  ['', [['nobody', '203.0.113.7', '127.0.0.1']]],
  ['10.0.0.0/8', [['nobody but the proxy', '203.0.113.7', '127.0.0.1']]],
  [
    '1',
    [
      ['the last address', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
      ['the address without its port', '203.0.113.7:51234', '203.0.113.7'],
      ['the address without brackets', '[2001:db8::7]:443', '2001:db8::7'],
      ['no phone number', '+4915112345678', '127.0.0.1'],
    ],
  ],
  ['2', [['the last but one', '198.51.100.1, 203.0.113.7, 10.1.2.3', '203.0.113.7']]],
  [
    '127.0.0.1, 10.0.0.0/8',
    [
      ['the last that is no proxy', '198.51.100.1, 203.0.113.7, 10.1.2.3', '203.0.113.7'],
      ['no text', '198.51.100.1, <script>, 10.1.2.3', '127.0.0.1'],
    ],
  ],
])('with TRUST_PROXY=%s', (setting, cases) => {
  let logged: LoggedService;
  beforeAll(async () => {
    logged = new LoggedService(
      await ServiceProcess.start(app.database.url, { LOG_LEVEL: 'info', TRUST_PROXY: setting }),
    );
  });
  afterAll(() => logged.service.stop());

  it.each(cases)('X-Forwarded-For says of the client: %s', async (_what, forwarded, address) => {
    const headers = { 'X-Forwarded-For': forwarded, 'X-Request-Id': randomUUID() };
    const response = await raw(logged.service.url, { path: '/api/v1/tenant', headers });
    expect(response.status).toBe(401);
    expect((await logged.lineOf(response))['address']).toBe(address);
  });
});

describe('behind a proxy', () => {
  let service: TestApplication;
  beforeAll(async () => {
    service = await app.another({ TRUST_PROXY: '1', FAILED_AUTHENTICATIONS_PER_SECOND: '1' });
  });
  afterAll(() => service.stop());

  it.each(['/', '/api', '/api-json', '/redoc', '/api/v1/tenant'])(
    'a forged name or scheme of the service changes nothing in %s',
    async (path) => {
      const read = async (headers: Headers) => {
        const requestId = { 'X-Request-Id': 'the-same' };
        const response = await fetch(`${service.url}${path}`, { headers: { ...headers, ...requestId } });
        return [response.status, response.headers.get('location'), await response.text()];
      };
      const forged = { 'X-Forwarded-Host': 'evil.example.com', 'X-Forwarded-Proto': 'https' };
      expect(await read(forged)).toEqual(await read({}));
    },
  );

  it('a client who guesses slows down nobody else', async () => {
    const world = await World.create(app);
    const call = app.call('post', '/api-keys', world.admin).send({ name: 'orchestrator' });
    const { key } = (await call.expect(201)).body as { key: string };
    const at = (address: string, bearer: string) => ({
      'X-Forwarded-For': address,
      Authorization: `Bearer ${bearer}`,
    });
    const guesses = Array.from({ length: 60 }, () =>
      at('203.0.113.7', `${publicPrefix(randomUUID(), randomUUID())}_${'A'.repeat(43)}`),
    );
    const waiting = async () => (await Scrape.of(service)).value('inbox_authentications_waiting')!;
    const flood = await Flood.begin(service.url, '/api/v1/tenant', guesses);
    try {
      await until(async () => (await waiting()) > 20);
      await service.call('get', '/tenant', at('203.0.113.8', key)).expect(200);
      expect(await waiting()).toBeGreaterThan(10);
    } finally {
      await flood.end();
    }
  });
});
