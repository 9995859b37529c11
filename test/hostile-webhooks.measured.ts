import type { LookupAddress } from 'node:dns';
import { setMaxListeners } from 'node:events';
import { getRepositoryToken } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { ENVIRONMENT } from '../src/config/environment-token.js';
import type { Environment } from '../src/config/environment.js';
import { Database } from '../src/database/database.js';
import { InboxReader } from '../src/inboxes/inbox-reader.js';
import { SecretKeys } from '../src/secrets/secret-keys.js';
import { Deliverer } from '../src/webhooks/deliverer.js';
import { GuardedPost } from '../src/webhooks/guarded-post.js';
import { NameLookups } from '../src/webhooks/name-lookups.js';
import { byNameServers, type Resolve } from '../src/webhooks/resolve.js';
import { Jobs } from '../src/scheduling/jobs.js';
import { Quotas } from '../src/quotas/quotas.js';
import { WebhookReader } from '../src/webhooks/webhook-reader.js';
import { Webhook } from '../src/webhooks/webhook.js';
import { WebhooksService } from '../src/webhooks/webhooks.service.js';
import { TestApplication } from './support/application.js';
import { hook } from './support/hooked.js';
import { expectInvariants } from './support/invariants.js';
import { NameServer } from './support/name-server.js';
import { Receiver } from './support/receiver.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

/** What another tenant may wait at most. */
const BOUND_MS = 500;

/** The defaults of the service. */
const LIMITS = { atOnce: 8, ofTenant: 2, failureMs: 60_000 };

let app: TestApplication;
let hostile: World;
let other: World;
let receiver: Receiver;
beforeAll(async () => {
  // As in production, a receiver may take its time.
  app = await TestApplication.start({
    WEBHOOK_ALLOW_PRIVATE_TARGETS: 'yes',
    WEBHOOK_TIMEOUT_SECONDS: '15',
    QUOTA_WEBHOOKS: '100',
  });
});
beforeEach(async () => {
  hostile = await World.create(app);
  other = await World.create(app);
  receiver = await Receiver.start();
});
afterEach(async () => {
  await app.database.rows('delete from webhooks');
  await receiver.stop();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

const hooks = (world: World, count: number, url: string) =>
  Promise.all(Array.from({ length: count }, () => hook(world, url)));

/** Milliseconds until the receiver of the other tenant hears of a new conversation, in the next run. */
async function delayOfOther(deliverer: Deliverer): Promise<number> {
  const heard = receiver.received.length;
  await other.several(1);
  const begunAt = performance.now();
  await deliverer.run();
  await until(() => receiver.received.length > heard);
  return performance.now() - begunAt;
}

describe('64 receivers of a tenant that never respond', () => {
  it('do not delay a delivery of another tenant', async () => {
    const deliverer = app.nest.get(Deliverer);
    const silent = await Receiver.start();
    silent.reply = () => undefined;
    try {
      await hooks(hostile, 64, silent.url);
      await hook(other, receiver.url);
      await hostile.several(1);
      await deliverer.run();
      await until(() => silent.received.length >= 8);
      // The next regular run finds another tenant with work.
      expect(await delayOfOther(deliverer)).toBeLessThan(BOUND_MS);
      expect(silent.received).toHaveLength(8);
    } finally {
      await silent.stop();
      await deliverer.runOnce();
    }
  });

  it('of several tenants leave a turn for the next tenant', async () => {
    const deliverer = app.nest.get(Deliverer);
    const silent = await Receiver.start();
    silent.reply = () => undefined;
    try {
      const tenants = [hostile];
      for (let i = 0; i < 3; i++) tenants.push(await World.create(app));
      for (const tenant of tenants) {
        await hooks(tenant, 16, silent.url);
        await tenant.several(1);
      }
      await hook(other, receiver.url);
      await deliverer.run();
      await until(() => silent.received.length >= 24);
      expect(await delayOfOther(deliverer)).toBeLessThan(BOUND_MS);
    } finally {
      await silent.stop();
      await deliverer.runOnce();
    }
  });

  it('are all served when they respond, without waiting for the next run', async () => {
    await hooks(hostile, 40, receiver.url);
    await hostile.several(1);
    const deliverer = app.nest.get(Deliverer);
    await deliverer.run();
    await until(() => receiver.received.length === 40);
    await deliverer.runOnce();
    expect(receiver.received).toHaveLength(40);
  });
});

describe('40 dead webhook names of a tenant', () => {
  let server: NameServer;
  beforeEach(async () => {
    server = await NameServer.start('127.0.0.1');
  });
  afterEach(() => server.stop());

  /** Guards with a name server of this test. */
  const guarded = () =>
    new GuardedPost(
      { allowPrivate: true, timeoutMs: 15_000 },
      new NameLookups(byNameServers([server.address]), LIMITS).resolve,
    );

  it('do not delay a delivery of another tenant, and are looked up by twos', async () => {
    const database = app.nest.get(Database);
    const environment = app.nest.get<Environment>(ENVIRONMENT);
    const deliverer = new Deliverer(database, guarded(), environment, app.nest.get(SecretKeys));
    await hooks(hostile, 40, receiver.url);
    await hook(other, receiver.url);
    await app.database.rows(
      `update webhooks set url = format('http://silent-%s.test/', id) where tenant_id = $1`,
      [hostile.tenantId],
    );
    await app.database.rows(`update webhooks set url = $2 where tenant_id = $1`, [
      other.tenantId,
      `http://receiver.test:${receiver.port}/`,
    ]);
    await hostile.several(1);
    await deliverer.run();
    await until(() => server.silent.size > 0);
    expect(await delayOfOther(deliverer)).toBeLessThan(BOUND_MS);
    expect(server.silent.size).toBeLessThanOrEqual(2);
    const talk = setInterval(() => server.breakSilence(), 10);
    await deliverer.runOnce();
    clearInterval(talk);
    expect(server.silent.size).toBe(40);
  });

  it('do not delay the creation of a webhook of another tenant', async () => {
    const guard = guarded();
    const refusals = Array.from({ length: 40 }, (_, i) =>
      guard.refusalOf(hostile.tenantId, `http://silent${i}.test/`),
    );
    await until(() => server.silent.size > 0);
    const begunAt = performance.now();
    expect(await guard.refusalOf(other.tenantId, 'http://receiver.test/')).toBeNull();
    expect(performance.now() - begunAt).toBeLessThan(BOUND_MS);
    expect(server.silent.size).toBeLessThanOrEqual(2);
    const talk = setInterval(() => server.breakSilence(), 10);
    expect(await Promise.all(refusals)).toEqual(refusals.map(() => null));
    clearInterval(talk);
  });

  it('take no connection of the database while they are looked up, with an Idempotency-Key too', async () => {
    const database = app.nest.get(Database);
    let openDuringLookup = -1;
    const resolve: Resolve = async () => {
      const [row] = await app.database.rows<{ open: number }>(
        `select count(*)::int as open from pg_stat_activity
         where datname = current_database() and state like 'idle in transaction%'`,
      );
      openDuringLookup = row!.open;
      return [{ address: '127.0.0.1', family: 4 }];
    };
    const service = new WebhooksService(
      database,
      new GuardedPost({ allowPrivate: true, timeoutMs: 15_000 }, resolve),
      app.nest.get(InboxReader, { strict: false }),
      app.nest.get(WebhookReader, { strict: false }),
      app.nest.get(Jobs),
      app.nest.get(Quotas, { strict: false }),
      app.nest.get(SecretKeys),
      app.nest.get<Repository<Webhook>>(getRepositoryToken(Webhook), { strict: false }),
    );
    const { tenantId, admin } = other;
    const operatorId = admin['X-Operator-Id']!;
    const principal = { kind: 'operator', tenantId, operatorId, role: 'ADMIN' } as const;
    // As for a request with a key.
    await database.atomically(tenantId, () => service.create(principal, { url: 'http://receiver.test/' }));
    expect(openDuringLookup).toBe(0);
  });
});

describe('lookups of names', () => {
  const NEVER = new AbortController().signal;
  setMaxListeners(0, NEVER);

  /** A resolver whose lookups end when the test says so. */
  function controlled() {
    const running = new Map<string, (error?: Error) => void>();
    const asked: string[] = [];
    const ask: Resolve = (name) =>
      new Promise<readonly LookupAddress[]>((resolve, reject) => {
        asked.push(name);
        running.set(name, (error) => {
          running.delete(name);
          if (error === undefined) resolve([]);
          else reject(error);
        });
      });
    return { ask, asked, running };
  }

  const started = () => new Promise((resolve) => setImmediate(resolve));

  it('are 8 at once, 2 of a tenant, and a tenant that comes later goes first', async () => {
    const { ask, asked, running } = controlled();
    const { resolve } = new NameLookups(ask, LIMITS);
    const tenants = Array.from({ length: 8 }, (_, i) => `tenant-${i}`);
    const all = tenants.flatMap((tenant) =>
      Array.from({ length: 10 }, (_, i) => resolve(`${tenant}-${i}.test`, tenant, NEVER)),
    );
    await started();
    let most = 0;
    const last = resolve('last.test', 'last', NEVER);
    await started();
    while (running.size > 0) {
      most = Math.max(most, running.size);
      for (const tenant of tenants) {
        const own = [...running.keys()].filter((name) => name.startsWith(`${tenant}-`));
        expect(own.length).toBeLessThanOrEqual(2);
      }
      const [end] = running.values();
      end!();
      await started();
    }
    await Promise.all([...all, last]);
    expect(most).toBe(8);
    expect(asked.indexOf('last.test')).toBeLessThan(12);
  });

  it('that fail are remembered for a time, and for at most 1,000 names', async () => {
    const { ask, asked, running } = controlled();
    const { resolve } = new NameLookups(ask, { ...LIMITS, failureMs: 200 });
    const fails = async (name: string) => {
      const lookup = resolve(name, hostile.tenantId, NEVER);
      void started().then(() => running.get(name)?.(new Error('unknown')));
      await expect(lookup).rejects.toThrow('unknown');
    };
    await fails('dead.test');
    await fails('dead.test');
    expect(asked).toEqual(['dead.test']);
    await until(async () => {
      await fails('dead.test');
      return asked.length === 2;
    });

    const lasting = controlled();
    const remembering = new NameLookups(lasting.ask, LIMITS).resolve;
    for (let i = 0; i <= 1_000; i++) {
      const lookup = remembering(`dead${i}.test`, hostile.tenantId, NEVER);
      await started();
      lasting.running.get(`dead${i}.test`)!(new Error('unknown'));
      await expect(lookup).rejects.toThrow('unknown');
    }
    await expect(remembering('dead1000.test', hostile.tenantId, NEVER)).rejects.toThrow('unknown');
    void remembering('dead0.test', hostile.tenantId, NEVER);
    await started();
    expect(lasting.asked).toHaveLength(1_002);
  });

  it('that nobody waits for any more leave the line', async () => {
    const { ask, asked, running } = controlled();
    const { resolve } = new NameLookups(ask, LIMITS);
    const first = ['a.test', 'b.test'].map((name) => resolve(name, 'tenant', NEVER));
    const impatient = new AbortController();
    const third = resolve('c.test', 'tenant', impatient.signal);
    await started();
    impatient.abort(new Error('too late'));
    await expect(third).rejects.toThrow('too late');
    for (const end of [...running.values()]) end();
    await Promise.all(first);
    expect(asked).toEqual(['a.test', 'b.test']);
  });
});
