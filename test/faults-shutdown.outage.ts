import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { TestApplication } from './support/application.js';
import { ask, askUntil } from './support/faults/ask.js';
import { sessionsWaiting, whileHolding } from './support/faults/locks.js';
import { heldConversations } from './support/held-conversations.js';
import { expectInvariants } from './support/invariants.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app);
});
afterEach(() => expectInvariants(app.database, world.tenantId));
afterAll(() => app.stop());

/** A connection that is kept alive, and what has come back on it. */
class KeptAlive {
  private text = '';

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => (this.text += chunk.toString()));
    socket.on('error', () => undefined);
  }

  static async to(url: string): Promise<KeptAlive> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new KeptAlive(socket);
  }

  say(line: string, body = '', claimedLength = body.length): void {
    const headers = {
      Host: 'service',
      'Content-Type': 'application/json',
      'Content-Length': claimedLength,
      ...world.admin,
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    this.socket.write(`${[`${line} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n${body}`);
  }

  /** All responses, when the server has ended the connection. */
  async responses(): Promise<{ status: number; head: string; body: string }[]> {
    if (!this.socket.closed) await once(this.socket, 'close');
    const parts = this.text.split(/(?=HTTP\/1\.1 \d{3} )/).filter((part) => part !== '');
    return parts.map((part) => {
      const [head = '', ...body] = part.split('\r\n\r\n');
      return { status: Number(head.slice(9, 12)), head, body: body.join('\r\n\r\n') };
    });
  }
}

const isClosed = (url: string) =>
  askUntil(
    ({ status }) => status === 0,
    () => ask('GET', `${url}/health`).catch(() => ({ status: 0 }) as never),
  );

describe('case 13: SIGTERM', () => {
  it('completes a request on a kept-alive connection and refuses the next one', async () => {
    const inbox = await world.inbox();
    const { id } = await world.queued(inbox);
    const service = await ServiceProcess.start(app.database.url);
    const connection = await KeptAlive.to(service.url);
    let ended!: Promise<number | null>;
    await whileHolding(app.database, 'select from conversations where id = $1 for update', id, async () => {
      connection.say('POST /api/v1/allocation/resolve', JSON.stringify({ conversationId: id }));
      await sessionsWaiting(app.database, 1);
      ended = service.stop('SIGTERM');
      await isClosed(service.url);
      connection.say('GET /api/v1/tenant');
      // The client sent the second request before the first response, so the service has both now.
      await sessionsWaiting(app.database, 1);
    });

    const [first, next, ...more] = await connection.responses();

    expect(first!.status).toBe(200);
    expect(next!.status).toBe(503);
    expect(next!.head).toMatch(/content-type: application\/problem\+json/i);
    expect(next!.head).toMatch(/retry-after: 1/i);
    expect(JSON.parse(next!.body)).toMatchObject({ code: 'SHUTTING_DOWN', instance: '/api/v1/tenant' });
    expect(more).toEqual([]);
    expect(await ended).toBe(0);
    expect((await world.conversation(id)).state).toBe('RESOLVED');
  });

  it('makes /ready 503 first and serves everything else for SHUTDOWN_DELAY_SECONDS', async () => {
    const service = await ServiceProcess.start(app.database.url, { SHUTDOWN_DELAY_SECONDS: '2' });
    const get = (path: string) => ask('GET', `${service.url}${path}`, world.admin);
    expect((await get('/ready')).status).toBe(200);

    const begun = performance.now();
    const ended = service.stop('SIGTERM');
    const ready = await askUntil(
      ({ status }) => status !== 200,
      () => get('/ready'),
    );

    expect(ready).toMatchObject({ status: 503, retryAfter: 1, body: { code: 'SHUTTING_DOWN' } });
    expect((await get('/api/v1/tenant')).status).toBe(200);
    expect((await get('/health')).status).toBe(200);
    expect(await ended).toBe(0);
    expect(performance.now() - begun).toBeGreaterThan(2_000);
  });

  it('does not wait for a client that never ends its request', async () => {
    const service = await ServiceProcess.start(app.database.url, { SHUTDOWN_TIMEOUT_SECONDS: '4' });
    const connection = await KeptAlive.to(service.url);
    connection.say('POST /api/v1/inboxes', '{"name":', 100);
    await ask('GET', `${service.url}/health`);

    const begun = performance.now();
    expect(await service.stop('SIGTERM')).toBe(0);

    expect(performance.now() - begun).toBeLessThan(4_000);
    expect(await connection.responses()).toEqual([]);
  });

  it('during an expiry leaves no half batch, and another instance finishes', async () => {
    const due = 6_000;
    const operator = await world.operator();
    await heldConversations(world, operator.id, due);
    await world.setStatus(operator, 'OFFLINE', operator.headers);
    const running = 'select from deadlines where tenant_id = $1';
    await until(async () => (await app.database.rows(running, [world.tenantId])).length === due);
    await world.endGracePeriods();
    const expired = async () => {
      const [row] = await app.database.rows<{ queued: number; entries: number; left: number }>(
        `select (select count(*)::int from conversations where tenant_id = $1 and state = 'QUEUED') as queued,
          (select count(*)::int from conversation_events
            where tenant_id = $1 and type = 'conversation.grace_expired') as entries,
          (select count(*)::int from deadlines where tenant_id = $1) as left`,
        [world.tenantId],
      );
      return row!;
    };
    const leaver = await ServiceProcess.start(app.database.url, { GRACE_EXPIRY_INTERVAL_SECONDS: '1' });
    await until(async () => (await expired()).entries > 0);

    expect(await leaver.stop('SIGTERM')).toBe(0);

    const then = await expired();
    expect(then.entries).toBeLessThan(due);
    expect(then).toEqual({ queued: then.entries, entries: then.entries, left: due - then.entries });
    await expectInvariants(app.database, world.tenantId);
    const other = await ServiceProcess.start(app.database.url, { GRACE_EXPIRY_INTERVAL_SECONDS: '1' });
    try {
      await until(async () => (await expired()).left === 0);
    } finally {
      await other.stop();
    }
    expect(await expired()).toEqual({ queued: due, entries: due, left: 0 });
  }, 120_000);
});
