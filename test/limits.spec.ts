import { connect } from 'node:net';
import { pino } from 'pino';
import { createAdapter } from '../src/http/fastify.js';
import { TestApplication } from './support/application.js';
import { problemCode, raw } from './support/raw.js';
import { World } from './support/world.js';

const DESK = 'https://desk.example.com';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
});
afterAll(() => app.stop());

const path = '/api/v1/conversations';

describe('a request that is too large', () => {
  it('a query of more than 4 KB: 400', async () => {
    const of = (length: number) => `${path}?customerPhoneNumber=${'1'.repeat(length)}`;
    const response = await raw(app.url, { path: of(4_200), headers: world.admin });
    expect(problemCode(response, path)).toBe('VALIDATION_FAILED');
    expect(response.body).toMatchObject({ errors: [{ field: 'query' }] });
  });

  it('a cursor of the greatest length is accepted', async () => {
    const asked = `${path}?cursor=${'x'.repeat(2_000)}`;
    expect(problemCode(await raw(app.url, { path: asked, headers: world.admin }), path)).toBe(
      'INVALID_CURSOR',
    );
  });

  it.each<[string, Record<string, string>]>([
    ['one header of 20 KB', { 'X-Large': 'x'.repeat(20_000) }],
    [
      '1,000 headers',
      Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`X-Header-${i}`, 'x'.repeat(20)])),
    ],
    ['a token of 20 KB', { Authorization: `Bearer ${'x'.repeat(20_000)}` }],
  ])('%s: 431', async (_what, headers) => {
    const response = await raw(app.url, { path, headers });
    expect(response.status).toBe(431);
    expect(problemCode(response, '/')).toBe('HEADERS_TOO_LARGE');
  });

  it('a path of 20 KB: 431', async () => {
    const response = await raw(app.url, { path: `/${'x'.repeat(20_000)}` });
    expect(problemCode(response, '/')).toBe('HEADERS_TOO_LARGE');
  });
});

describe('an invalid HTTP request', () => {
  it.each([
    'hello\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00',
    'GET / HTTP/1.1\r\nHost\r\n\r\n',
  ])('%j is refused in the same form', async (text) => {
    const response = await said(text);
    expect(response).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json/);
    expect(JSON.parse(response.split('\r\n\r\n')[1]!)).toMatchObject({
      status: 400,
      code: 'VALIDATION_FAILED',
    });
  });

  it('a request that does not end is 408', async () => {
    const server = app.nest.getHttpServer();
    expect(server).toMatchObject({
      headersTimeout: 15_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 1_000,
    });
    server.once('connection', (socket) => {
      // What the server itself says after that time.
      const error = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
      setImmediate(() => server.emit('clientError', error, socket));
    });
    expect(await said('GET / HT')).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  });

  it('none of them stops the service', async () => {
    expect((await raw(app.url, { path: '/health' })).status).toBe(200);
  });
});

describe('headers of responses', () => {
  it('forbid sniffing, framing and referrers', async () => {
    const { headers } = await raw(app.url, { path: '/api/v1/tenant', headers: world.admin });
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': expect.stringContaining('max-age='),
      'content-security-policy': expect.stringContaining("default-src 'self'"),
    });
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['server']).toBeUndefined();
  });

  it('let no cache keep what is of a tenant, nor what is refused', async () => {
    const paths = [
      '/api/v1/tenant',
      '/api/v1/conversations',
      '/api/v1/nowhere',
      '/nowhere',
      '/health',
      '/metrics',
    ];
    for (const path of [...paths, '/api/nothing.js']) {
      for (const headers of [world.admin, {}]) {
        const response = await raw(app.url, { path, headers });
        expect([path, response.headers['cache-control']]).toEqual([path, 'no-store']);
      }
    }
    const large = await raw(app.url, { path, headers: { 'X-Large': 'x'.repeat(20_000) } });
    expect(large.headers['cache-control']).toBe('no-store');
    const undecodable = await raw(app.url, { path: '/api/v1/inboxes/%zz', headers: world.admin });
    expect(undecodable.headers['cache-control']).toBe('no-store');
  });

  it('do not let other origins read responses by default', async () => {
    const asked = { ...world.admin, Origin: DESK };
    const { headers } = await raw(app.url, { path: '/api/v1/tenant', headers: asked });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const preflight = { Origin: DESK, 'Access-Control-Request-Method': 'POST' };
    const response = await raw(app.url, {
      method: 'OPTIONS',
      path: '/api/v1/allocation/claim',
      headers: preflight,
    });
    expect(response.status).toBe(404);
    expect(Object.keys(response.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('let only the configured origins read responses', async () => {
    const open = await app.another({ CORS_ORIGINS: `${DESK},https://other.example.com` });
    try {
      const from = (Origin: string) =>
        raw(open.url, { path: '/api/v1/tenant', headers: { ...world.admin, Origin } });
      const { headers } = await from(DESK);
      expect(headers).toMatchObject({
        'access-control-allow-origin': DESK,
        vary: expect.stringContaining('Origin'),
      });
      expect(headers['access-control-expose-headers']).toContain('ETag');
      expect(headers['access-control-allow-credentials']).toBeUndefined();
      for (const foreign of [
        'https://evil.example',
        `${DESK}.evil.example`,
        'null',
        'http://desk.example.com',
      ]) {
        expect((await from(foreign)).headers['access-control-allow-origin']).toBeUndefined();
      }
      const preflight = await raw(open.url, {
        method: 'OPTIONS',
        path: '/api/v1/tenant/settings',
        headers: {
          Origin: DESK,
          'Access-Control-Request-Method': 'PATCH',
          'Access-Control-Request-Headers': 'authorization,content-type,if-match',
        },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers['access-control-allow-methods']).toContain('PATCH');
      expect(preflight.headers['access-control-allow-headers']).toContain('if-match');
    } finally {
      await open.stop();
    }
  });
});

describe('a slow client', () => {
  const LIMITS = { bodyBytes: 16_384, listBodyBytes: 16_384, pipelined: 16 };
  const ARRIVAL = { headersMs: 300, requestMs: 600, checkMs: 50 };
  const { headersMs, requestMs } = ARRIVAL;

  it.each<[string, string, number]>([
    ['whose headers never end', 'GET /echo HTTP/1.1\r\nHost: a\r\nX-Slow: ', headersMs],
    [
      'whose body never ends',
      'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n',
      requestMs,
    ],
  ])('%s is cut off in time', async (_what, beginning, limitMs) => {
    const fastify = createAdapter(
      pino({ level: 'silent' }),
      { limits: LIMITS, trustProxy: null },
      1_000,
      ARRIVAL,
    ).getInstance();
    fastify.post('/echo', ({ body }) => body);
    const { port } = new URL(await fastify.listen({ port: 0, host: '127.0.0.1' }));
    try {
      const socket = connect(Number(port), '127.0.0.1');
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
      const begunAt = performance.now();
      socket.write(beginning);
      // A byte now and then does not prolong the time.
      const drip = setInterval(() => socket.write('1'), 100);
      await new Promise((resolve) => socket.on('close', resolve));
      clearInterval(drip);
      const took = performance.now() - begunAt;
      expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
      expect(took).toBeGreaterThan(limitMs - 100);
      expect(took).toBeLessThan(limitMs + 1_000);
    } finally {
      await fastify.close();
    }
  });
});

/** The response to these bytes. */
function said(text: string): Promise<string> {
  const { hostname, port } = new URL(app.url);
  return new Promise((resolve) => {
    let response = '';
    const socket = connect(Number(port), hostname, () => socket.write(text, 'latin1'));
    socket.on('data', (chunk: Buffer) => (response += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(response));
  });
}
