import { ActivityFold } from '../src/stats/activity-fold.js';
import { TestApplication } from './support/application.js';
import { deliverUntil, hook, makeDue, REACHABLE } from './support/hooked.js';
import { insertEntry } from './support/ledger-entries.js';
import { Receiver } from './support/receiver.js';
import { Scrape } from './support/scrape.js';
import { ServiceProcess } from './support/service-process.js';
import { TestDatabase } from './support/database.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
beforeEach(async () => {
  app = await TestApplication.start(REACHABLE);
  world = await World.create(app);
});
afterEach(() => app.stop());

const REST = { tenant: 'other', inbox: 'other' };
const MINUTE = 60;
const TOKEN = 'a-token-for-the-scraper';

/** By an instance that has not measured yet. */
async function measured(changes: Record<string, string> = {}): Promise<Scrape> {
  const fresh = await app.another({ METRICS_TOKEN: TOKEN, ...changes });
  try {
    const isOpen = changes['METRICS_TOKEN'] === '';
    return await Scrape.of(fresh, isOpen ? {} : { Authorization: `Bearer ${TOKEN}` });
  } finally {
    await fresh.stop();
  }
}

describe('the queues', () => {
  it('with the longest waits over all tenants are reported one by one, and the rest together', async () => {
    const other = await World.create(app);
    const [calm, busy, empty] = [await world.inbox(), await world.inbox(), await world.inbox()];
    const foreign = await other.inbox();
    await world.queued(calm, { minutesAgo: 1 });
    await world.queued(busy, { minutesAgo: 90 });
    await world.queued(busy, { minutesAgo: 5 });
    await other.queued(foreign, { minutesAgo: 60 });
    await other.queued(foreign, { minutesAgo: 2 });
    await other.queued(foreign, { minutesAgo: 2 });
    await app.run(ActivityFold);

    const scrape = await measured({ METRICS_INBOXES: '1' });
    const longest = { tenant: world.tenantId, inbox: busy.id };
    expect(scrape.all('inbox_queue_conversations')).toHaveLength(2);
    expect(scrape.value('inbox_queue_conversations', longest)).toBe(2);
    expect(scrape.value('inbox_queue_conversations', REST)).toBe(4);
    const { name } = (await app.call('get', '/tenant', world.admin).expect(200)).body as { name: string };
    expect(scrape.all('inbox_info').map(({ labels }) => labels)).toEqual(
      expect.arrayContaining([
        { ...longest, tenant_name: name, inbox_name: busy.name },
        { ...REST, tenant_name: 'other', inbox_name: 'other' },
      ]),
    );
    expect(scrape.all('inbox_info')).toHaveLength(2);
    expect(scrape.all('inbox_queue_oldest_wait_seconds')).toHaveLength(2);
    expect(Math.abs(scrape.value('inbox_queue_oldest_wait_seconds', longest)! - 90 * MINUTE)).toBeLessThan(
      MINUTE,
    );
    expect(Math.abs(scrape.value('inbox_queue_oldest_wait_seconds', REST)! - 60 * MINUTE)).toBeLessThan(
      MINUTE,
    );

    // Without a token everybody may look, and sees the ids of nobody.
    const open = await measured({ METRICS_TOKEN: '' });
    expect(open.all('inbox_queue_conversations')).toEqual([
      { name: 'inbox_queue_conversations', labels: REST, value: 6 },
    ]);
    expect(open.text).not.toContain(world.tenantId);
    expect(open.text).not.toContain(busy.name);

    const all = await measured();
    expect(all.all('inbox_queue_conversations').map(({ labels }) => labels['inbox'])).toHaveLength(3);
    expect(all.text).not.toContain(empty.id);
    expect(all.text).not.toContain('"other"}');
    expect((await measured({ METRICS_INBOXES: '0' })).all('inbox_queue_conversations')).toEqual([
      { name: 'inbox_queue_conversations', labels: REST, value: 6 },
    ]);
  });
});

describe('grace periods', () => {
  const GRACE = { kind: 'GRACE' };

  it('are counted, and so are the due ones and how long they are due', async () => {
    const inbox = await world.inbox();
    const holder = await world.operator({ inboxes: [inbox] });
    const [late] = [await world.allocated(inbox, holder), await world.allocated(inbox, holder)];
    await app.call('put', `/operators/${holder.id}/status`, world.admin).send({ status: 'OFFLINE' });
    const before = await measured();
    expect(before.value('inbox_deadlines', GRACE)).toBe(2);
    expect(before.value('inbox_deadlines_due', GRACE)).toBe(0);
    expect(before.value('inbox_deadline_lag_seconds', GRACE)).toBe(0);
    expect(before.value('inbox_grace_lag_seconds')).toBe(0);

    await app.database.rows(
      `update deadlines set expires_at = now() - interval '70 seconds' where conversation_id = $1`,
      [late.id],
    );
    const after = await measured();
    expect(after.value('inbox_deadlines', GRACE)).toBe(2);
    expect(after.value('inbox_deadlines_due', GRACE)).toBe(1);
    expect(Math.abs(after.value('inbox_grace_lag_seconds')! - 75)).toBeLessThanOrEqual(6);
    expect(after.value('inbox_deadline_lag_seconds', GRACE)).toBe(after.value('inbox_grace_lag_seconds'));
  });
});

describe('webhooks', () => {
  it('are behind until their deliveries have arrived, and their attempts are counted', async () => {
    const receiver = await Receiver.start();
    const attempts = async (outcome: string) =>
      (await Scrape.of(app)).value('inbox_webhook_attempts_total', { outcome })!;
    const before = {
      delivered: await attempts('delivered'),
      retried: await attempts('retried'),
      failed: await attempts('failed'),
    };
    try {
      const inbox = await world.inbox();
      const { id } = await hook(world, receiver.url);
      await world.queued(inbox);
      const scrape = await measured();
      expect(scrape.value('inbox_webhooks_behind')).toBe(1);
      expect(scrape.value('inbox_webhook_lag_seconds')).toBeGreaterThan(0);
      expect(scrape.value('inbox_webhook_deliveries_due')).toBe(0);

      receiver.says(500);
      await deliverUntil(app, async () => (await attempts('retried')) > before.retried);
      expect(await attempts('retried')).toBeGreaterThan(before.retried);
      expect(await attempts('delivered')).toBe(before.delivered);
      await makeDue(world);
      expect((await measured()).value('inbox_webhook_deliveries_due')).toBeGreaterThan(0);

      receiver.says(204);
      await deliverUntil(app, async () => (await attempts('delivered')) > before.delivered);
      expect(await attempts('delivered')).toBeGreaterThan(before.delivered);
      expect(await attempts('failed')).toBe(before.failed);
      const done = await measured();
      expect(done.value('inbox_webhooks_behind')).toBe(0);
      expect(done.value('inbox_webhook_lag_seconds')).toBe(0);
      expect(done.value('inbox_webhooks_disabled')).toBe(0);

      await app.call('patch', `/webhooks/${id}`, world.admin).send({ enabled: false }).expect(200);
      expect((await measured()).value('inbox_webhooks_disabled')).toBe(1);
    } finally {
      await receiver.stop();
    }
  });
});

describe('the feed', () => {
  const lag = async () => (await measured()).value('inbox_feed_lag_seconds');
  /** Dates all entries without a position a minute back. */
  const aMinuteAgo = () =>
    app.database.rows(`update feed_backlog set recorded_at = now() - interval '1 minute'`);

  it('lags until a reader assigns positions', async () => {
    const inbox = await world.inbox();
    expect(await lag()).toBe(0);
    await world.queued(inbox);
    await aMinuteAgo();
    const other = await World.create(app);
    await other.queued(await other.inbox());
    const late = await lag();
    expect(late).toBeGreaterThanOrEqual(MINUTE);
    expect(late).toBeLessThan(2 * MINUTE);
    await app.call('get', '/events', world.admin).expect(200);
    const left = await lag();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(MINUTE);
    await app.call('get', '/events', other.admin).expect(200);
    expect(await lag()).toBe(0);
  });

  it('does not lag because of a running transaction', async () => {
    await app.database.rows('begin');
    try {
      await insertEntry(app.database.owner, world.tenantId, 'late');
      await world.queued(await world.inbox());
      await app.call('get', '/events', world.admin).expect(200);
      expect(await lag()).toBe(0);
    } finally {
      await app.database.rows('rollback');
    }
  });
});

describe('the backlog metrics', () => {
  it('are read at most once in METRICS_INTERVAL_SECONDS', async () => {
    const inbox = await world.inbox();
    expect((await Scrape.of(app)).all('inbox_queue_oldest_wait_seconds')).toEqual([]);
    await world.queued(inbox);
    expect((await Scrape.of(app)).all('inbox_queue_oldest_wait_seconds')).toEqual([]);
    expect((await measured()).all('inbox_queue_oldest_wait_seconds')).toHaveLength(1);
  });

  it('are never read with METRICS_INTERVAL_SECONDS=0', async () => {
    const { text } = await measured({ METRICS_INTERVAL_SECONDS: '0' });
    expect(text).not.toMatch(/backlog|inbox_queue|lag_seconds/);
    expect(text).toContain('inbox_database_pool_connections');
  });

  it('are missing while reading takes too long, and reported afterwards', async () => {
    const fresh = await app.another({ METRICS_INTERVAL_SECONDS: '1' });
    await app.database.rows('begin');
    try {
      await app.database.rows('lock table deadlines in access exclusive mode');
      const startedAt = performance.now();
      const scrape = await Scrape.of(fresh);
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      expect(scrape.value('inbox_backlog_up')).toBe(0);
      expect(scrape.all('inbox_deadlines')).toEqual([]);
      expect(scrape.value('inbox_database_pool_max_connections')).toBe(8);
    } finally {
      await app.database.rows('rollback');
    }
    try {
      await until(async () => (await Scrape.of(fresh)).value('inbox_backlog_up') === 1);
      expect((await Scrape.of(fresh)).value('inbox_deadlines', { kind: 'GRACE' })).toBe(0);
    } finally {
      await fresh.stop();
    }
  });
});

describe('without a database', () => {
  it('the other metrics are reported at once', async () => {
    const database = await TestDatabase.create();
    const service = await ServiceProcess.start(database.url, { METRICS_INTERVAL_SECONDS: '1' });
    try {
      expect((await Scrape.of(service)).value('inbox_backlog_up')).toBe(1);
      await database.close();
      let scrape!: Scrape;
      await until(async () => {
        const startedAt = performance.now();
        scrape = await Scrape.of(service);
        expect(performance.now() - startedAt).toBeLessThan(2_000);
        return scrape.value('inbox_backlog_up') === 0;
      });
      expect(scrape.all('inbox_deadlines')).toEqual([]);
      expect(scrape.value('process_resident_memory_bytes')).toBeGreaterThan(0);
      expect((await fetch(`${service.url}/version`)).status).toBe(200);
    } finally {
      await service.stop();
    }
  });
});
