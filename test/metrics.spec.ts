import { connect } from 'node:net';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database } from '../src/database/database.js';
import { rowsOf, sql } from '../src/database/statement.js';
import { DeadlineExpiry } from '../src/deadlines/deadline-expiry.js';
import { DEADLINE_KINDS } from '../src/deadlines/deadline.js';
import { JobTimer } from '../src/scheduling/job-timer.js';
import { TestApplication } from './support/application.js';
import { DEADLINE_CASES } from './support/jobs/deadline-cases.js';
import { problemCode } from './support/raw.js';
import { Scrape } from './support/scrape.js';
import { StreamReader } from './support/stream-reader.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
});
afterAll(() => app.stop());

/** By how much something grows. */
async function growth(name: string, labels: Record<string, string>, work: () => Promise<unknown>) {
  const before = (await Scrape.of(app)).value(name, labels) ?? 0;
  await work();
  return ((await Scrape.of(app)).value(name, labels) ?? 0) - before;
}

const requests = (route: string, status: number, method = 'GET') => ({
  method,
  route,
  status: String(status),
});
const COUNT = 'http_request_duration_seconds_count';

describe('requests', () => {
  it('are counted by the pattern of their route, not by their address', async () => {
    const id = '019c8f00-0000-7000-8000-00000000dead';
    const labels = requests('/api/v1/conversations/:id', 404);
    const call = () => app.call('get', `/conversations/${id}`, world.admin).expect(404);
    expect(await growth(COUNT, labels, call)).toBe(1);
    expect((await Scrape.of(app)).text).not.toContain(id);
  });

  it('without a route are counted together', async () => {
    const labels = requests('none', 404);
    const calls = () => Promise.all(['a', 'b', 'c?d=e'].map((path) => fetch(`${app.url}/no-such-${path}`)));
    expect(await growth(COUNT, labels, calls)).toBe(3);
    expect((await Scrape.of(app)).text).not.toContain('no-such');
  });

  it('are timed in seconds, down to a millisecond', async () => {
    await fetch(`${app.url}/health`);
    const scrape = await Scrape.of(app);
    const labels = requests('/health', 200);
    const count = scrape.value(COUNT, labels)!;
    expect(scrape.value('http_request_duration_seconds_bucket', { ...labels, le: '0.001' })).toBeDefined();
    expect(scrape.value('http_request_duration_seconds_bucket', { ...labels, le: '+Inf' })).toBe(count);
    expect(scrape.value('http_request_duration_seconds_sum', labels)! / count).toBeLessThan(1);
  });

  it('are in flight until the response or the end of the connection', async () => {
    const locked = 'lock table inboxes in access exclusive mode';
    await app.database.rows('begin');
    try {
      await app.database.rows(locked);
      const { hostname, port } = new URL(app.url);
      const headers = Object.entries(world.admin).map(([name, value]) => `${name}: ${value}\r\n`);
      const socket = connect(Number(port), hostname);
      socket.write(`GET /api/v1/inboxes HTTP/1.1\r\nHost: x\r\n${headers.join('')}\r\n`);
      // The scrape itself is one of them.
      await until(async () => (await Scrape.of(app)).value('http_requests_in_flight') === 2);
      const labels = requests('/api/v1/inboxes', 499);
      const givenUp = async () => {
        socket.destroy();
        await until(async () => (await Scrape.of(app)).value('http_requests_in_flight') === 1);
      };
      expect(await growth(COUNT, labels, givenUp)).toBe(1);
    } finally {
      await app.database.rows('rollback');
    }
  });
});

describe('allocations', () => {
  const allocations = (operation: string, outcome: string) => ({ operation, outcome });
  const TAKEN = 'inbox_allocation_duration_seconds_count';

  it('are timed by outcome', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    const resting = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
    const second = await world.operator({ inboxes: [inbox] });
    const allocate = (who: typeof operator) => app.call('post', '/allocation/allocate', who.headers).send({});
    const empty = () => allocate(operator).expect(200);
    expect(await growth(TAKEN, allocations('allocate', 'empty'), empty)).toBe(1);

    const { id } = await world.queued(inbox);
    expect(await growth(TAKEN, allocations('allocate', 'given'), () => allocate(operator).expect(200))).toBe(
      1,
    );
    const full = () => allocate(operator).expect(409);
    expect(await growth(TAKEN, allocations('allocate', 'OPERATOR_AT_CAPACITY'), full)).toBe(1);
    const offline = () => allocate(resting).expect(409);
    expect(await growth(TAKEN, allocations('allocate', 'OPERATOR_OFFLINE'), offline)).toBe(1);

    const claim = () => app.call('post', '/allocation/claim', second.headers).send({ conversationId: id });
    const late = () => claim().expect(409);
    expect(await growth(TAKEN, allocations('claim', 'CONVERSATION_NOT_QUEUED'), late)).toBe(1);
  });

  it('that are retried are counted', async () => {
    let tries = 0;
    const deadlock = sql`do $$ begin raise exception 'as if' using errcode = '40P01'; end $$`;
    const onceMore = () =>
      app.nest.get(Database).inTenant(world.tenantId, async (tx) => {
        if (++tries === 1) await rowsOf(tx, deadlock, []);
      });
    expect(await growth('inbox_transaction_retries_total', { reason: 'deadlock' }, onceMore)).toBe(1);
    expect(tries).toBe(2);
  });
});

describe('deadlines that end', () => {
  const EXPIRED = 'inbox_deadlines_expired_total';

  it.each(DEADLINE_CASES)('are counted once: $kind', async ({ kind, due }) => {
    for (let i = 0; i < 3; i++) await due(world);
    const others = DEADLINE_KINDS.filter((other) => other !== kind);
    const ofOthers = async () => {
      const scrape = await Scrape.of(app);
      return others.map((other) => scrape.value(EXPIRED, { kind: other }));
    };
    const before = await ofOthers();
    const expire = () => app.run(DeadlineExpiry);
    expect(await growth(EXPIRED, { kind: kind! }, expire)).toBe(3);
    expect(await growth(EXPIRED, { kind: kind! }, expire)).toBe(0);
    expect(await ofOthers()).toEqual(before);
  });

  it.each(DEADLINE_CASES)('are late until then: $kind', async ({ kind, due }) => {
    await due(world);
    const changed = await app.database.rows(
      `update deadlines set expires_at = now() - interval '70 seconds'
      where tenant_id = $1 and kind = $2 and expires_at <= now() returning 1`,
      [world.tenantId, kind],
    );
    expect(changed.length).toBeGreaterThan(0);
    const late = async () => {
      const fresh = await app.another();
      try {
        const scrape = await Scrape.of(fresh);
        return scrape.all('inbox_deadline_lag_seconds').flatMap(({ labels, value }) => {
          expect(scrape.value('inbox_deadlines_due', labels)! > 0).toBe(value > 0);
          return value >= 70 && value < 100 ? [labels['kind']] : [];
        });
      } finally {
        await fresh.stop();
      }
    };
    expect(await late()).toEqual([kind]);
    await app.run(DeadlineExpiry);
    expect(await late()).toEqual([]);
  });

  it('are counted too where a grace period has no length', async () => {
    const strict = await World.create(app, { gracePeriodSeconds: 0 });
    const inbox = await strict.inbox();
    const holder = await strict.operator({ inboxes: [inbox] });
    await strict.allocated(inbox, holder);
    const leave = () =>
      app.call('put', `/operators/${holder.id}/status`, strict.admin).send({ status: 'OFFLINE' }).expect(200);
    expect(await growth(EXPIRED, { kind: 'GRACE' }, leave)).toBe(1);
  });
});

describe('background jobs', () => {
  it('are counted and timed, with the time of the last success', async () => {
    let fails = false;
    const run = () => (fails ? Promise.reject(new Error('as it happens')) : Promise.resolve());
    const timer = new JobTimer(new SchedulerRegistry(), { name: 'sweep', intervalSeconds: 1, run });
    const labels = { name: 'sweep' };
    const last = async () => (await Scrape.of(app)).value('inbox_job_last_success_timestamp_seconds', labels);
    const runs = async (outcome: string) =>
      (await Scrape.of(app)).value('inbox_job_runs_total', { ...labels, outcome });
    timer.start();
    try {
      expect(await runs('failed')).toBe(0);
      await until(async () => (await runs('succeeded')) === 1);
      fails = true;
      const succeeded = await last();
      expect(Math.abs(succeeded! - Date.now() / 1_000)).toBeLessThan(5);
      await until(async () => (await runs('failed')) === 1);
      expect(await last()).toBe(succeeded);
      const scrape = await Scrape.of(app);
      expect(scrape.value('inbox_job_run_duration_seconds_count', labels)).toBe(2);
      expect(scrape.value('inbox_job_interval_seconds', labels)).toBe(1);
    } finally {
      await timer.stop();
    }
  });
});

describe('the pool', () => {
  it('reports used connections, their limit and what waits', async () => {
    const small = await app.another({ DATABASE_POOL_SIZE: '2' });
    const release: (() => void)[] = [];
    // A tenant has half of the pool.
    const { tenantId: other } = await World.create(app);
    const busy = [world.tenantId, world.tenantId, other].map((tenantId) =>
      small.nest.get(Database).inTenant(tenantId, () => new Promise<void>((done) => release.push(done))),
    );
    try {
      await until(async () => (await Scrape.of(small)).value('inbox_database_pool_waiting') === 2);
      const scrape = await Scrape.of(small);
      expect(scrape.value('inbox_database_pool_connections', { state: 'used' })).toBe(2);
      expect(scrape.value('inbox_database_pool_connections', { state: 'idle' })).toBe(0);
      expect(scrape.value('inbox_database_pool_max_connections')).toBe(2);
    } finally {
      await until(() => {
        release.forEach((done) => done());
        return release.length === 3;
      });
      await Promise.all(busy);
      await small.stop();
    }
  });
});

describe('a stream', () => {
  it('counts as a request when it begins, and is open until it ends', async () => {
    const world = await World.create(app);
    const open = async () => (await Scrape.of(app)).value('inbox_event_streams')!;
    const labels = { method: 'GET', route: '/api/v1/events/stream', status: '200' };
    const before = await open();
    const reader = await StreamReader.open(app.url, world.admin);
    expect(await open()).toBe(before + 1);
    const scrape = await Scrape.of(app);
    expect(scrape.value('http_requests_in_flight')).toBe(1);
    expect(scrape.value('http_request_duration_seconds_count', labels)).toBe(1);
    reader.close();
    await until(async () => (await open()) === before);
    expect((await Scrape.of(app)).value('http_request_duration_seconds_count', labels)).toBe(1);
  });
});

describe('who may read metrics', () => {
  const token = 'a-token-for-the-scraper';

  it('is everybody, or with METRICS_TOKEN the callers who send it', async () => {
    const guarded = await app.another({ METRICS_TOKEN: token });
    try {
      for (const Authorization of [undefined, 'Bearer', `Bearer ${token}x`, `Basic ${token}`, 'Bearer x']) {
        const response = await fetch(`${guarded.url}/metrics`, {
          headers: Authorization === undefined ? {} : { Authorization },
        });
        const body = (await response.json()) as Record<string, unknown>;
        const headers = Object.fromEntries(response.headers);
        expect(problemCode({ status: response.status, headers, body, text: '' }, '/metrics')).toBe(
          'UNAUTHENTICATED',
        );
      }
      const scrape = await Scrape.of(guarded, { Authorization: `Bearer ${token}` });
      expect(scrape.value('http_requests_in_flight')).toBe(1);
    } finally {
      await guarded.stop();
    }
  });
});
