import { Client } from 'pg';
import { TestApplication, type Headers } from './support/application.js';
import { refused } from './support/refused.js';
import { PLATFORM_KEY } from './support/settings.js';
import { until } from './support/until.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

/** Several services on one database with a limit, and a tenant. */
async function limited<T>(
  limit: number,
  instances: number,
  work: (world: World, services: TestApplication[]) => Promise<T>,
  ofTenant = 0,
): Promise<T> {
  const world = await World.create(app);
  const limits = { RATE_LIMIT_PER_MINUTE: String(limit), RATE_LIMIT_TENANT_PER_MINUTE: String(ofTenant) };
  const services = await Promise.all(Array.from({ length: instances }, () => app.another(limits)));
  try {
    return await work(world, services);
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
}

const get = (service: TestApplication, headers: Headers, path = '/tenant') =>
  service.call('get', path, headers);
const number = (headers: Record<string, string>, name: string) => Number(headers[name]);

/** Sends requests to the services in turn, 50 at once. @returns the number of accepted ones */
async function letIn(services: TestApplication[], headers: Headers, requests: number): Promise<number> {
  const statuses: number[] = [];
  for (let sent = 0; sent < requests; sent += 50) {
    const batch = Array.from({ length: Math.min(50, requests - sent) }, (_, i) =>
      get(services[i % services.length]!, headers),
    );
    statuses.push(...(await Promise.all(batch)).map(({ status }) => status));
  }
  expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
  return statuses.filter((status) => status === 200).length;
}

describe('a limit', () => {
  it('admits that number of requests in a minute, and reports how many are left', () =>
    limited(3, 1, async (world, [service]) => {
      for (const left of [2, 1, 0]) {
        const { headers } = await get(service!, world.admin).expect(200);
        expect(number(headers, 'ratelimit-limit')).toBe(3);
        expect(number(headers, 'ratelimit-remaining')).toBe(left);
        expect(number(headers, 'ratelimit-reset')).toBeGreaterThan(50);
        expect(headers['ratelimit-policy']).toBe('"principal";q=3;w=60');
        expect(headers['ratelimit']).toBe(`"principal";r=${left};t=${headers['ratelimit-reset']}`);
      }
      const response = await get(service!, world.admin);
      await refused(get(service!, world.admin), 'RATE_LIMITED');
      expect(response.status).toBe(429);
      expect(number(response.headers, 'retry-after')).toBeGreaterThan(50);
      expect(number(response.headers, 'retry-after')).toBeLessThanOrEqual(60);
      expect(response.headers['retry-after']).toBe(response.headers['ratelimit-reset']);
      expect(number(response.headers, 'ratelimit-remaining')).toBe(0);
    }));

  it('is exact over two instances and many simultaneous requests', () =>
    limited(60, 2, async (world, services) => {
      expect(await letIn(services, world.admin, 150)).toBe(60);
    }));

  it('that instances take in parts is never exceeded, and nearly used up', () =>
    limited(1_000, 2, async (world, services) => {
      const got = await letIn(services, world.admin, 1_100);
      expect(got).toBeLessThanOrEqual(1_000);
      // Each instance may have a part left that the other one would have needed.
      expect(got).toBeGreaterThanOrEqual(1_000 - 2 * 10);
      const [row] = await app.database.rows<{ used: number }>(
        'select used from rate_limits where tenant_id = $1',
        [world.tenantId],
      );
      expect(row!.used).toBe(1_000);
    }));

  it('needs one statement for a hundred requests', () =>
    limited(10_000, 1, async (world, [service]) => {
      const version = () =>
        app.database.rows('select xmin::text, used from rate_limits where tenant_id = $1', [world.tenantId]);
      await get(service!, world.admin).expect(200);
      const after = await version();
      expect(after).toMatchObject([{ used: 100 }]);
      expect(await letIn([service!], world.admin, 99)).toBe(99);
      expect(await version()).toEqual(after);
      await get(service!, world.admin).expect(200);
      expect(await version()).toMatchObject([{ used: 200 }]);
    }));

  it('is counted for each principal', () =>
    limited(2, 1, async (world, [service]) => {
      const operator = await world.operator();
      const second = await World.create(app);
      const keys = [await keyOf(world), await keyOf(world)];
      for (const headers of [world.admin, operator.headers, world.orchestrator, second.admin, ...keys]) {
        await get(service!, headers).expect(200);
        await get(service!, headers).expect(200);
        await refused(get(service!, headers), 'RATE_LIMITED');
      }
    }));

  it('counts 403 and 404, but not requests without a valid caller', () =>
    limited(3, 1, async (world, [service]) => {
      await get(service!, world.orchestrator, '/api-keys').expect(403);
      await get(service!, world.orchestrator, `/conversations/${world.tenantId}`).expect(404);
      await service!.call('get', '/tenant', { 'X-Tenant-Id': world.tenantId }).expect(401);
      await get(service!, world.orchestrator).expect(200);
      await refused(get(service!, world.orchestrator, '/api-keys'), 'RATE_LIMITED');
    }));

  it('starts again after a minute', () =>
    limited(1, 2, async (world, [first, second]) => {
      await get(first!, world.admin).expect(200);
      await refused(get(second!, world.admin), 'RATE_LIMITED');
      const third = await app.another({ RATE_LIMIT_PER_MINUTE: '1' });
      try {
        // The minute has begun 58 seconds earlier.
        await app.database.rows(
          `update rate_limits set window_ends_at = clock_timestamp() + interval '2 seconds' where tenant_id = $1`,
          [world.tenantId],
        );
        const { headers } = await get(third, world.admin).expect(429);
        expect(headers['retry-after']).toMatch(/^[12]$/);
        await until(async () => (await get(third, world.admin)).status === 200);
        await refused(get(third, world.admin), 'RATE_LIMITED');
      } finally {
        await third.stop();
      }
    }));

  it('of the platform is counted by each instance', () =>
    limited(2, 2, async (_world, services) => {
      for (const service of services) {
        const list = () => get(service, { Authorization: `Bearer ${PLATFORM_KEY}` }, '/tenants?limit=1');
        await list().expect(200);
        await list().expect(200);
        await refused(list(), 'RATE_LIMITED');
      }
    }));

  it('does not apply to public routes', () =>
    limited(1, 1, async (_world, [service]) => {
      for (let i = 0; i < 3; i++) {
        const response = await fetch(`${service!.url}/health`);
        expect(response.status).toBe(200);
        expect(response.headers.get('ratelimit-limit')).toBeNull();
      }
    }));

  it('of 0 is no limit', async () => {
    const world = await World.create(app);
    const { headers } = await get(app, world.admin).expect(200);
    expect(Object.keys(headers).filter((name) => name.startsWith('ratelimit'))).toEqual([]);
    expect(
      await app.database.rows('select 1 from rate_limits where tenant_id = $1', [world.tenantId]),
    ).toEqual([]);
  });
});

describe('a limit of the tenant', () => {
  it('counts all its callers together, and those of another tenant by themselves', () =>
    limited(
      0,
      2,
      async (world, [first, second]) => {
        const operator = await world.operator();
        const other = await World.create(app);
        await get(first!, world.admin).expect(200);
        await get(second!, operator.headers).expect(200);
        await get(first!, world.orchestrator).expect(200);
        for (const headers of [world.admin, operator.headers, world.orchestrator]) {
          const { detail } = await refused(get(second!, headers), 'RATE_LIMITED');
          expect(detail).toContain('More than 3 requests of your tenant');
        }
        await get(first!, other.admin).expect(200);
      },
      3,
    ));

  it('is shown beside that of the principal, and old clients see the tighter one', () =>
    limited(
      3,
      1,
      async (world, [service]) => {
        const operator = await world.operator();
        const { headers: first } = await get(service!, world.admin).expect(200);
        expect(first['ratelimit-policy']).toBe('"principal";q=3;w=60, "tenant";q=4;w=60');
        expect(first['ratelimit']).toMatch(/^"principal";r=2;t=\d+, "tenant";r=3;t=\d+$/);
        expect(number(first, 'ratelimit-limit')).toBe(3);
        await get(service!, world.admin).expect(200);
        await get(service!, world.admin).expect(200);
        const refusal = await get(service!, world.admin).expect(429);
        expect(refusal.headers['ratelimit']).toMatch(/^"principal";r=0;t=\d+, "tenant";r=1;t=\d+$/);
        // Who is refused takes nothing from the others.
        const { headers: last } = await get(service!, operator.headers).expect(200);
        expect(last['ratelimit']).toMatch(/^"principal";r=2;t=\d+, "tenant";r=0;t=\d+$/);
        expect(number(last, 'ratelimit-limit')).toBe(4);
        expect(number(last, 'ratelimit-remaining')).toBe(0);
        const over = await get(service!, operator.headers).expect(429);
        expect(over.headers['ratelimit']).toMatch(/^"principal";r=2;t=\d+, "tenant";r=0;t=\d+$/);
        expect(over.headers['retry-after']).toBe(over.headers['ratelimit-reset']);
        expect(over.headers['ratelimit-limit']).toBe('4');
      },
      4,
    ));

  it('is exact over two instances, many callers and simultaneous requests', () =>
    limited(
      0,
      2,
      async (world, services) => {
        const operators: Person[] = [];
        for (let i = 0; i < 10; i++) operators.push(await world.operator({ status: 'OFFLINE' }));
        const requests = Array.from({ length: 150 }, (_, i) =>
          get(services[i % 2]!, operators[i % 10]!.headers).then(({ status }) => status),
        );
        const statuses = await Promise.all(requests);
        expect(statuses.filter((status) => status === 200)).toHaveLength(60);
      },
      60,
    ));

  it('needs no round trip of its own', () =>
    limited(
      100,
      1,
      async (world, [service]) => {
        const spy = jest.spyOn(Client.prototype, 'query');
        try {
          for (let i = 0; i < 10; i++) await get(service!, world.admin).expect(200);
          const texts = spy.mock.calls.map(([query]) => (query as { text?: string }).text ?? '');
          // Limits below 200 are counted one by one.
          expect(texts.filter((text) => text.includes('take_from_accounts'))).toHaveLength(10);
        } finally {
          spy.mockRestore();
        }
      },
      100,
    ));
});

let made = 0;

async function keyOf(world: World): Promise<Headers> {
  const { body } = await app
    .call('post', '/api-keys', world.admin)
    .send({ name: `service ${++made}` })
    .expect(201);
  return { Authorization: `Bearer ${(body as { key: string }).key}` };
}
