import { connect, type Socket } from 'node:net';
import { RequestsInFlight } from '../src/access/requests-in-flight.js';
import { TestApplication, type Headers } from './support/application.js';
import { sessionsWaiting, whileHolding } from './support/faults/locks.js';
import { refused } from './support/refused.js';
import { direct } from './support/settings.js';
import { StreamReader } from './support/stream-reader.js';
import { until } from './support/until.js';
import { World, type Person } from './support/world.js';

describe('requests in flight', () => {
  const LOCK = 'select 1 from operators where tenant_id = $1 for update';
  let app: TestApplication;
  let limited: TestApplication;
  let world: World;
  let target: Person;
  let colleague: Person;
  let inFlight: RequestsInFlight;
  beforeAll(async () => {
    app = await TestApplication.start();
    limited = await app.another({
      // Time limits that the login behind a pooler does not have.
      ...direct(app.database.url),
      REQUESTS_IN_FLIGHT_PER_PRINCIPAL: '2',
      REQUESTS_IN_FLIGHT_PER_TENANT: '24',
      DATABASE_CONNECTION_TIMEOUT_MS: '4000',
      DATABASE_LOCK_TIMEOUT_MS: '30000',
      DATABASE_STATEMENT_TIMEOUT_MS: '30000',
    });
    inFlight = limited.nest.get(RequestsInFlight);
  });
  beforeEach(async () => {
    world = await World.create(app);
    target = await world.operator({ status: 'OFFLINE' });
    colleague = await world.operator({ role: 'ADMIN', status: 'OFFLINE' });
  });
  afterAll(async () => {
    await limited.stop();
    await app.stop();
  });

  /** A request that waits as long as the operators of the tenant are locked. */
  const change = (headers = world.admin) =>
    limited.call('patch', `/operators/${target.id}`, headers).send({ name: 'Olivia' });
  const read = (headers: Headers) => limited.call('get', '/tenant', headers);
  const count = () => inFlight.count(world.tenantId);

  it('of one operator wait for each other, and those of a colleague do not', async () => {
    let changes: Promise<{ status: number }[]> = Promise.resolve([]);
    await whileHolding(app.database, LOCK, world.tenantId, async () => {
      changes = Promise.all([change(), change(), change(), change()]);
      await until(() => count() === 4);
      expect(await sessionsWaiting(app.database, 2)).toHaveLength(2);
      await read(colleague.headers).expect(200);
      expect(count()).toBe(4);
    });
    expect((await changes).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await until(() => count() === 0);
  });

  it('that wait too long for their turn are refused', async () => {
    let running: Promise<number>[] = [];
    await whileHolding(app.database, LOCK, world.tenantId, async () => {
      running = [change(), change()].map((each) => each.then(({ status }) => status));
      await sessionsWaiting(app.database, 2);
      const response = await change();
      expect(response).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
      expect(response.headers['retry-after']).toBe('1');
    });
    expect(await Promise.all(running)).toEqual([200, 200]);
    await until(() => count() === 0);
  });

  it('of one operator are refused at once beyond a quarter of those of the tenant', async () => {
    await whileHolding(app.database, LOCK, world.tenantId, async () => {
      for (let i = 0; i < 6; i++) void change().then();
      await until(() => count() === 6);
      const { detail } = await refused(change(), 'RATE_LIMITED');
      expect(detail).toContain('You have too many requests');
      await read(colleague.headers).expect(200);
    });
    await until(() => count() === 0);
  });

  it('of a tenant are refused at once beyond its limit, and those of another tenant are not', async () => {
    const other = await World.create(app);
    const admins = [world.admin, colleague.headers];
    for (let i = 0; i < 2; i++)
      admins.push((await world.operator({ role: 'ADMIN', status: 'OFFLINE' })).headers);
    await whileHolding(app.database, LOCK, world.tenantId, async () => {
      for (const headers of admins) for (let i = 0; i < 6; i++) void change(headers).then();
      await until(() => count() === 24);
      const { detail } = await refused(read(target.headers), 'RATE_LIMITED');
      expect(detail).toContain('Your tenant has too many requests');
      await read(other.admin).expect(200);
    });
    await until(() => count() === 0);
    await read(target.headers).expect(200);
  });

  it.each<[string, () => PromiseLike<unknown>]>([
    [
      'with an error of the caller',
      () => limited.call('get', `/operators/${world.tenantId}`, world.admin).expect(404),
    ],
    ['without the right', () => limited.call('get', '/api-keys', target.headers).expect(403)],
    [
      'with an invalid body',
      () => limited.call('post', '/operators', world.admin).send({ nme: 'x' }).expect(400),
    ],
    [
      'with a body that is no JSON',
      () =>
        limited
          .call('post', '/operators', world.admin)
          .set('Content-Type', 'application/json')
          .send('{')
          .expect(400),
    ],
    [
      'as a stream that has begun',
      () => StreamReader.open(limited.url, world.admin).then((reader) => reader.close()),
    ],
  ])('end %s', async (_how, end) => {
    for (let i = 0; i < 5; i++) await end();
    await until(() => count() === 0);
  });

  it('of a client that left end when their work has, so leaving is no way around the limit', async () => {
    await whileHolding(app.database, LOCK, world.tenantId, async () => {
      const clients: Socket[] = [];
      for (let i = 0; i < 5; i++) clients.push(await changing());
      await until(() => count() === 5);
      await sessionsWaiting(app.database, 2);
      for (const client of clients) client.destroy();
      // Those that waited for their turn are over, and the two at work are not.
      await until(() => count() === 2);
      expect(await sessionsWaiting(app.database, 2)).toHaveLength(2);
    });
    await until(() => count() === 0);
  });

  it('of a lost connection end, also those whose responses wait for an earlier one', async () => {
    await whileHolding(app.database, LOCK, world.tenantId, async () => {
      const client = await changing(4);
      await until(() => count() === 4);
      await sessionsWaiting(app.database, 2);
      client.destroy();
      await until(() => count() === 2);
    });
    await until(() => count() === 0);
  });

  /** A client that sends the same change on one connection and reads nothing. */
  async function changing(times = 1): Promise<Socket> {
    const { hostname, port } = new URL(limited.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    const headers = { ...world.admin, 'Content-Type': 'application/json' };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const body = JSON.stringify({ name: 'Olivia' });
    const text = `PATCH /api/v1/operators/${target.id} HTTP/1.1\r\nHost: x\r\n${lines.join('')}Content-Length: ${body.length}\r\n\r\n${body}`;
    await new Promise<void>((resolve) => socket.write(text.repeat(times), () => resolve()));
    return socket;
  }
});
