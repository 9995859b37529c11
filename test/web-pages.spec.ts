import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { DEMO } from '../src/demo/demo-data.js';
import { TEAM } from '../src/demo/demo-team.js';
import { sendProblem } from '../src/http/problem.filter.js';
import { toProblem } from '../src/http/to-problem.js';
import { serveWebPages } from '../src/web-pages.js';
import { TestApplication } from './support/application.js';
import { runBuilt } from './support/migrating.js';
import { raw } from './support/raw.js';
import { serviceVariables } from './support/settings.js';

const DIST = join(__dirname, '../web/dist');
const PAGES = ['/board', '/desk'];
const ASSETS = readdirSync(join(DIST, 'assets')).map((name) => `/web/assets/${name}`);
const ALL = [...PAGES, ...ASSETS, '/web/licenses.md', '/web/reload.js', '/web/log-in.json'];

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${app.url}${path}`, { method, headers });

async function withAnother<T>(changes: Record<string, string>, use: (url: string) => Promise<T>): Promise<T> {
  const other = await app.another(changes);
  try {
    return await use(other.url);
  } finally {
    await other.stop();
  }
}

describe('the pages', () => {
  it.each(PAGES)('%s loads only files of this service, and they are there', async (path) => {
    const response = await ask(path);
    const html = await response.text();
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    expect(html).toBe(readFileSync(join(DIST, `${path.slice(1)}.html`), 'utf8'));
    const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!);
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) expect([...ASSETS, '/web/reload.js']).toContain(file);
    // Its Content-Security-Policy would refuse them.
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*\ssrc=)| on\w+=/);
  });

  it.each(PAGES)('%s runs nothing but the scripts of this service', async (path) => {
    const { headers } = await ask(path);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';font-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  });

  it('make no route of the API public', async () => {
    expect((await ask('/api/v1/board')).status).toBe(401);
  });

  it.each(PAGES)('browsers may keep %s and ask whether it is still the same', async (path) => {
    const { headers } = await ask(path);
    expect(headers.get('cache-control')).toBe('no-cache');
    const second = await ask(path, { 'If-None-Match': headers.get('etag')! });
    expect([second.status, await second.text()]).toEqual([304, '']);
    expect((await ask(path, { 'If-None-Match': '"other"' })).status).toBe(200);
  });

  it.each(ALL)('%s responds to HEAD without a body', async (path) => {
    const [got, head] = [await ask(path), await ask(path, {}, 'HEAD')];
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const name of ['content-type', 'content-length', 'etag', 'cache-control'])
      expect([name, head.headers.get(name)]).toEqual([name, got.headers.get(name)]);
  });
});

describe('their files', () => {
  it('have a hash in their names and never change, so browsers need not ask again', async () => {
    for (const path of ASSETS) {
      expect(path).toMatch(/-[\w-]{8}\.\w+$/);
      const { status, headers } = await ask(path);
      expect([path, status, headers.get('cache-control')]).toEqual([
        path,
        200,
        'public, max-age=31536000, immutable',
      ]);
    }
  });

  it('have the types that browsers need', async () => {
    const typeOf = async (extension: string) =>
      (await ask(ASSETS.find((path) => path.endsWith(extension))!)).headers.get('content-type');
    expect(await typeOf('.js')).toBe('text/javascript; charset=utf-8');
    expect(await typeOf('.css')).toBe('text/css; charset=utf-8');
    expect(await typeOf('.svg')).toBe('image/svg+xml');
  });

  it.each([
    '/web/assets/nothing.js',
    '/web/assets/',
    '/web/assets',
    '/web/board.html',
    '/web/assets/../board.html',
    '/web/assets/..%2fboard.html',
    '/web/assets/%2e%2e%2f%2e%2e%2f%2e%2e%2fpackage.json',
    '/web/assets/..%5c..%5cvite.config.ts',
    '/web/assets/__proto__',
    '/web/assets//etc/passwd',
    '/web/../package.json',
  ])('are all there is: %s', async (path) => {
    const { status, headers } = await raw(app.url, { path });
    expect([status, headers['content-type']]).toEqual([404, 'application/problem+json; charset=utf-8']);
  });

  it('come with the licences of what they contain', async () => {
    expect(await (await ask('/web/licenses.md')).text()).toMatch(/^## preact - \S+ \(MIT\)$/m);
  });
});

describe('compression', () => {
  const sizeOf = (path: string) => readFileSync(join(DIST, path.replace('/web/', ''))).length;
  const [script] = ASSETS.filter((path) => path.endsWith('.js')).sort(
    (one, other) => sizeOf(other) - sizeOf(one),
  ) as [string];

  it.each(['gzip', 'br, gzip;q=0.5', 'deflate , GZIP'])('for who accepts "%s"', async (accepted) => {
    const { headers } = await ask(script, { 'Accept-Encoding': accepted });
    expect(headers.get('content-encoding')).toBe('gzip');
    expect(Number(headers.get('content-length'))).toBeLessThan(sizeOf(script) * 0.6);
  });

  it.each(['identity', 'gzip;q=0', 'gzip; q=0.0, br', 'xgzip', ''])(
    'not for who accepts "%s"',
    async (accepted) => {
      const { headers } = await ask(script, { 'Accept-Encoding': accepted });
      expect(headers.get('content-encoding')).toBeNull();
      expect(Number(headers.get('content-length'))).toBe(sizeOf(script));
    },
  );

  it('keeps every byte, and has an ETag of its own', async () => {
    const gzipped = await ask(script, { 'Accept-Encoding': 'gzip' });
    const plain = await ask(script, { 'Accept-Encoding': 'identity' });
    for (const { headers } of [gzipped, plain]) expect(headers.get('vary')).toBe('Accept-Encoding');
    expect(gzipped.headers.get('etag')).not.toBe(plain.headers.get('etag'));
    expect(await gzipped.text()).toBe(await plain.text());
  });
});

describe('log-in.json', () => {
  const demos = [TEAM, DEMO].map(({ tenant, operators }) => ({
    tenantId: tenant.id,
    tenantName: tenant.name,
    people: operators
      .map(({ id, name, role }) => ({ operatorId: id, name, role }))
      .sort((one, other) => one.operatorId.localeCompare(other.operatorId)),
  }));
  const logIn = async (url: string) => (await fetch(`${url}/web/log-in.json`)).json();

  it('offers nobody without a demo tenant', async () => {
    expect(await logIn(app.url)).toEqual({ byGateway: true, demos: [] });
  });

  describe('with the demo tenants', () => {
    beforeAll(async () => {
      const { code } = await runBuilt('demo/load-demo-data.js', [], serviceVariables(app.database.url));
      expect(code).toBe(0);
    });

    it('offers its people, who can call with their ids', async () => {
      expect(await logIn(app.url)).toEqual({ byGateway: true, demos });
      for (const { tenantId, people } of demos) {
        const manager = people.find(({ role }) => role === 'MANAGER')!;
        const headers = { 'x-tenant-id': tenantId, 'x-operator-id': manager.operatorId };
        await app.call('get', '/board', headers).expect(200);
      }
    });

    it.each([
      ['in production', true, { NODE_ENV: 'production', TRUST_GATEWAY_HEADERS: 'yes' }],
      ['where a gateway signs', true, { GATEWAY_SECRET: 'a-secret-of-the-gateway-0123456789' }],
      [
        'where callers have tokens',
        false,
        { AUTH_MODE: 'jwt', JWT_SECRET: 'a-secret-of-thirty-two-characters' },
      ],
    ])('offers nobody %s', async (_where, byGateway, changes) => {
      const offered = await withAnother(changes, logIn);
      expect(offered).toEqual({ byGateway, demos: [] });
    });
  });
});

it('WEB_UI=no serves none of them', async () => {
  await withAnother({ WEB_UI: 'no' }, async (url) => {
    for (const path of ALL) expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 404]);
    expect(await (await fetch(`${url}/`)).text()).not.toContain('/board');
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });
});

it('a service without built pages says how to build them, once in the log and in each response', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'inbox-web-'));
  // As a build that broke off may leave it.
  copyFileSync(join(DIST, 'board.html'), join(folder, 'board.html'));
  const server = fastify();
  server.setErrorHandler((error, request, reply) => sendProblem(toProblem(error), request, reply));
  const warnings: string[] = [];
  try {
    serveWebPages(server, {
      folder,
      logIn: async () => ({ byGateway: false, demos: [] }),
      warn: (message) => warnings.push(message),
    });
    for (const path of PAGES) {
      const { statusCode, body } = await server.inject(path);
      expect([statusCode, body]).toEqual([404, expect.stringContaining('npm run web:build')]);
    }
    expect(warnings).toEqual([expect.stringContaining('npm run web:build')]);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
});
