import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TestApplication } from './support/application.js';
import { Collector, type CollectedSpan } from './support/collector.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

const PHONE = '+4915155566677';
const CALLER = '00f067aa0ba902b7';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
});
afterAll(() => app.stop());

let traces = 0;
/** A trace that somebody else has begun. */
function trace(sampled = true) {
  const id = (++traces).toString(16).padStart(32, 'a');
  return { id, headers: { traceparent: `00-${id}-${CALLER}-${sampled ? '01' : '00'}` } };
}

describe('with OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  let collector: Collector;
  let service: ServiceProcess;
  let log = '';
  beforeAll(async () => {
    collector = await Collector.start();
    service = await ServiceProcess.start(app.database.url, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=ours',
      OTEL_SERVICE_NAME: 'desk-backend',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    });
    service.process.stdout!.on('data', (chunk: Buffer) => (log += chunk.toString()));
  });
  afterAll(async () => {
    await service.stop();
    await collector.stop();
  });

  const call = (path: string, headers: Record<string, string>, body?: object) =>
    fetch(`${service.url}/api/v1${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });

  const isServer = ({ kind }: CollectedSpan) => kind === 2;

  /** The spans of a trace, once the request has ended. Those of its statements end before. */
  async function collected(traceId: string): Promise<{ server: CollectedSpan; statements: CollectedSpan[] }> {
    const ours = () => collector.spans.filter((span) => span.traceId === traceId);
    await until(() => ours().some(isServer));
    expect(ours().filter(isServer)).toHaveLength(1);
    return { server: ours().find(isServer)!, statements: ours().filter((span) => !isServer(span)) };
  }

  it('a request is a span of its caller’s trace, with its statements below', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id: conversationId } = await world.queued(inbox, { phone: PHONE });
    const { id, headers } = trace();
    const gift = { conversationId, operatorId: operator.id };
    await call('/allocation/reassign', { ...world.admin, ...headers }, gift);

    const { server, statements } = await collected(id);
    expect(server).toMatchObject({
      name: 'POST /api/v1/allocation/reassign',
      parentSpanId: CALLER,
      service: 'desk-backend',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/api/v1/allocation/reassign',
        'http.response.status_code': 200,
      },
    });
    expect(statements.every(({ parentSpanId, kind }) => parentSpanId === server.spanId && kind === 3)).toBe(
      true,
    );
    const names = statements.map(({ name }) => name);
    // Who is calling; then the transaction.
    expect(names.slice(0, 2)).toEqual(['SELECT', 'START']);
    expect(names.at(-1)).toBe('COMMIT');
    const texts = statements.map(({ attributes }) => attributes['db.query.text']);
    expect(texts).toContainEqual(expect.stringContaining('reassign_conversation('));
    expect(statements.every(({ attributes }) => attributes['db.system.name'] === 'postgresql')).toBe(true);
    expect(collector.headers.every((sent) => sent['x-tenant'] === 'ours')).toBe(true);
  });

  it('simultaneous requests have only their own statements', async () => {
    const many = Array.from({ length: 8 }, () => trace());
    await Promise.all(many.map(({ headers }) => call('/tenant', { ...world.admin, ...headers })));
    const asked: string[] = [];
    for (const { id } of many) {
      const { server, statements } = await collected(id);
      expect(new Set(statements.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([server.spanId]));
      const names = statements.map(({ name }) => name);
      expect(names.slice(-4)).toEqual(['START', 'SELECT', 'SELECT', 'COMMIT']);
      asked.push(...names.slice(0, -4));
    }
    // Who is calling may be asked for several at once, and is told with one of them; batched-lookup.spec.ts holds that
    // it is, whatever the machine is busy with.
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThanOrEqual(many.length);
    expect(new Set(asked)).toEqual(new Set(['SELECT']));
  });

  it('spans have no customer data: no address and no value of a statement', async () => {
    const { id, headers } = trace();
    const found = await call(`/conversations/search?phoneNumber=${encodeURIComponent(PHONE)}`, {
      ...world.admin,
      ...headers,
    });
    expect(await found.text()).toContain(PHONE);
    expect((await collected(id)).server.attributes['http.route']).toBe('/api/v1/conversations/search');
    expect(collector.text).not.toContain(PHONE.slice(4));
    expect(collector.text).not.toContain(world.tenantId);
  });

  it('a 5xx is an error, a 4xx is none', async () => {
    const [wrong, away] = [trace(), trace()];
    await call('/conversations/nobody', { ...world.admin, ...wrong.headers });
    expect((await collected(wrong.id)).server).toMatchObject({
      attributes: { 'http.response.status_code': 400 },
      status: {},
    });
    await app.database.rows('begin');
    try {
      await app.database.rows('lock table inboxes in access exclusive mode');
      await call('/inboxes', { ...world.admin, ...away.headers });
    } finally {
      await app.database.rows('rollback');
    }
    const { server, statements } = await collected(away.id);
    expect(server).toMatchObject({ attributes: { 'error.type': '503' }, status: { code: 2 } });
    const failed = statements.find(({ status }) => status.code === 2);
    expect(failed?.attributes).toMatchObject({ 'db.response.status_code': '55P03' });
  });

  it('log lines have the trace id', async () => {
    const { id, headers } = trace();
    await call('/tenant', { ...world.admin, ...headers });
    const { server } = await collected(id);
    while (!log.includes(id)) await once(service.process.stdout!, 'data');
    const line = log.split('\n').find((each) => each.includes(id))!;
    expect(JSON.parse(line)).toMatchObject({ msg: 'request', trace_id: id, span_id: server.spanId });
  });

  it('a trace that its caller does not sample is not sent', async () => {
    const [unwanted, wanted] = [trace(false), trace()];
    await call('/tenant', { ...world.admin, ...unwanted.headers });
    await call('/tenant', { ...world.admin, ...wanted.headers });
    await collected(wanted.id);
    expect(collector.text).not.toContain(unwanted.id);
  });
});

describe('a collector', () => {
  /** @returns how long stopping took, in milliseconds */
  async function serveAndStop(endpoint: string, delay: string): Promise<number> {
    const service = await ServiceProcess.start(app.database.url, {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_BSP_SCHEDULE_DELAY: delay,
    });
    for (let i = 0; i < 20; i++) {
      const response = await fetch(`${service.url}/api/v1/tenant`, { headers: world.admin });
      expect(response.status).toBe(200);
    }
    const startedAt = performance.now();
    expect(await service.stop()).toBe(0);
    return performance.now() - startedAt;
  }

  it('gets the remaining spans when the service stops', async () => {
    const collector = await Collector.start();
    try {
      await serveAndStop(collector.url, '60000');
      expect(collector.spans.filter(({ kind }) => kind === 2)).toHaveLength(20);
    } finally {
      await collector.stop();
    }
  });

  it('that is away or does not respond delays no request', async () => {
    const silent = await Collector.start(false);
    const away = await Collector.start();
    await away.stop();
    try {
      expect(await serveAndStop(silent.url, '10')).toBeLessThan(8_000);
      expect(await serveAndStop(away.url, '10')).toBeLessThan(8_000);
    } finally {
      await silent.stop();
    }
  });
});

describe('OpenTelemetry', () => {
  /** Files of its packages that a service has loaded in its whole life, by package. */
  async function loadedBy(changes: Record<string, string>): Promise<{ all: string; packages: string[] }> {
    const folder = mkdtempSync(join(tmpdir(), 'inbox-modules-'));
    const file = join(folder, 'modules');
    try {
      const variables = {
        NODE_OPTIONS: `--import=${pathToFileURL(join(__dirname, 'support/record-modules.mjs')).href}`,
        MODULES_FILE: file,
        ...changes,
      };
      const built = join(__dirname, '../dist/src/main.js');
      const service = await ServiceProcess.start(app.database.url, variables, built);
      await fetch(`${service.url}/api/v1/tenant`, { headers: world.admin });
      await fetch(`${service.url}/metrics`);
      expect(await service.stop()).toBe(0);
      expect(existsSync(file)).toBe(true);
      const all = readFileSync(file, 'utf8');
      const packages = [...all.matchAll(/\/node_modules\/@opentelemetry\/([\w-]+)\//g)].map(
        ([, name = '']) => name,
      );
      return { all, packages: [...new Set(packages)].sort() };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('is not loaded without OTEL_EXPORTER_OTLP_ENDPOINT, except for prom-client’s interface', async () => {
    const { all, packages } = await loadedBy({});
    expect(all).toMatch(/dist\/src\/main\.js$/m);
    expect(all).toMatch(/\/node_modules\/pg\/lib\/client\.js$/m);
    expect(all).not.toContain('open-telemetry.js');
    expect(packages).toEqual(['api']);
  });

  it('is loaded with it', async () => {
    const { all, packages } = await loadedBy({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    expect(all).toContain('open-telemetry.js');
    expect(packages).toEqual(expect.arrayContaining(['exporter-trace-otlp-http', 'sdk-trace-node']));
  });
});
