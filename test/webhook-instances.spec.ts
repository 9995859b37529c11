import { TestApplication } from './support/application.js';
import { Deliverer } from '../src/webhooks/deliverer.js';
import { deliverUntil, deliveriesOf, hook, idOf, opened, REACHABLE } from './support/hooked.js';
import { expectInvariants } from './support/invariants.js';
import { Receiver } from './support/receiver.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
let receiver: Receiver;
beforeAll(async () => {
  app = await TestApplication.start(REACHABLE);
});
beforeEach(async () => {
  world = await World.create(app);
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

/** Moves the last renewal of the lease into the past. */
const leaseEnds = (id: string) =>
  app.database.rows('update webhooks set lease_expires_at = now() where id = $1', [id]);

describe('two instances', () => {
  it('deliver each entry once', async () => {
    const second = await app.another(REACHABLE);
    try {
      for (const path of ['a', 'b', 'c']) await hook(world, `${receiver.url}/${path}`);
      await world.several(40);
      const all = () => receiver.received.length >= 120;
      await Promise.all([deliverUntil(app, all), deliverUntil(second, all)]);
      expect(receiver.received).toHaveLength(120);
      expect(new Set(receiver.received.map(idOf)).size).toBe(120);
    } finally {
      await second.stop();
    }
  });

  it('never serve one webhook at the same time', async () => {
    const second = await app.another(REACHABLE);
    try {
      const { id } = await hook(world, receiver.url);
      await world.several(8);
      await deliverUntil(app, () => receiver.received.length === 8);
      for (let round = 1; round <= 8; round++) {
        // Respond only after the other instance has seen that the webhook is leased.
        let isSeen!: () => void;
        const seen = new Promise<void>((resolve) => (isSeen = resolve));
        receiver.reply = (response) => void seen.then(() => response.writeHead(204).end());
        await app.database.rows(
          `update webhook_deliveries set status = 'PENDING', next_attempt_at = now(), keep_until = null where webhook_id = $1`,
          [id],
        );
        const runs = [app, second].map(({ nest }) => nest.get(Deliverer).runOnce());
        expect(await Promise.race(runs)).toBe(0);
        isSeen();
        expect((await Promise.all(runs)).sort()).toEqual([0, 8]);
        expect(receiver.received).toHaveLength(8 + round * 8);
      }
    } finally {
      await second.stop();
    }
  });
});

describe('an instance during deliveries', () => {
  /** Does this when the first one is heard, before the receiver responds. */
  function whenHeard(work: () => Promise<unknown>): void {
    let done: Promise<unknown> | undefined;
    receiver.reply = (response) => {
      done ??= work();
      void done.then(() => response.writeHead(204).end());
    };
  }

  it.each<[string, (id: string) => Promise<unknown>]>([
    [
      'the webhook is disabled',
      (id) => app.call('patch', `/webhooks/${id}`, world.admin).send({ enabled: false }).expect(200),
    ],
    ['the webhook is deleted', (id) => app.call('delete', `/webhooks/${id}`, world.admin).expect(204)],
    [
      'another one has taken over',
      (id) =>
        app.database.rows(
          `update webhooks set lease_owner = gen_random_uuid(), lease_expires_at = now() + interval '1 day' where id = $1`,
          [id],
        ),
    ],
  ])('starts no delivery once %s', async (_what, work) => {
    const { id } = await hook(world, receiver.url);
    await world.several(20);
    whenHeard(() => work(id));
    await deliverUntil(app, () => receiver.received.length > 0);
    await deliverUntil(app, () => true);
    expect(receiver.received.length).toBeLessThanOrEqual(4);
  });

  it('that cannot store the outcome delivers again with the same id', async () => {
    const { id } = await hook(world, receiver.url);
    await world.several(3);
    await app.database.rows(`
      create function fail() returns trigger language plpgsql as $$ begin raise 'as if it was away'; end $$;
      create trigger fail before update of attempts on webhook_deliveries for each row execute function fail()`);
    try {
      await deliverUntil(app, () => new Set(receiver.received.map(idOf)).size === 3);
    } finally {
      await app.database.rows('drop function fail cascade');
    }
    const told = new Set(receiver.received.map(idOf));
    const delivered = async () => (await deliveriesOf(world, id, { status: 'DELIVERED' })).length === 3;
    await deliverUntil(app, delivered);
    expect(await delivered()).toBe(true);
    expect(new Set(receiver.received.map(idOf))).toEqual(told);
  });
});

const INSTANCE = { ...REACHABLE, WEBHOOK_INTERVAL_SECONDS: '1', WEBHOOK_TIMEOUT_SECONDS: '60' };

describe('case 15: an instance that is killed during deliveries', () => {
  it('is replaced by another one, which delivers with the same ids', async () => {
    const { id, secret } = await hook(world, receiver.url);
    receiver.reply = () => undefined;
    await world.several(10);
    const killed = await ServiceProcess.start(app.database.url, INSTANCE);
    await until(() => receiver.received.length === 4);
    await killed.stop('SIGKILL');
    receiver.says(204);
    const heir = await ServiceProcess.start(app.database.url, INSTANCE);
    try {
      const begun = receiver.received.map(idOf);
      expect(await deliveriesOf(world, id, { status: 'DELIVERED' })).toEqual([]);
      await leaseEnds(id);
      await until(() => receiver.received.length === 14);
      const told = receiver.received.slice(4);
      expect(new Set(told.map(idOf)).size).toBe(10);
      expect(told.map(idOf)).toEqual(expect.arrayContaining(begun));
      for (const request of receiver.received) opened(secret, request);
    } finally {
      await heir.stop();
    }
    expect(await deliveriesOf(world, id, { status: 'DELIVERED' })).toHaveLength(10);
  }, 60_000);
});

describe('an instance that stops', () => {
  it('finishes running deliveries and starts none', async () => {
    const { id } = await hook(world, receiver.url);
    const waiting: (() => void)[] = [];
    receiver.reply = (response) => waiting.push(() => response.writeHead(204).end());
    await world.several(10);
    const instance = await ServiceProcess.start(app.database.url, INSTANCE);
    await until(() => waiting.length === 4);
    const stopped = instance.stop();
    await until(() =>
      fetch(`${instance.url}/health`).then(
        () => false,
        () => true,
      ),
    );
    for (const respond of waiting) respond();
    expect(await stopped).toBe(0);
    expect(receiver.received).toHaveLength(4);
    expect(await deliveriesOf(world, id, { status: 'DELIVERED' })).toHaveLength(4);
    expect(await deliveriesOf(world, id, { status: 'PENDING' })).toHaveLength(6);
  });

  it('returns unfinished deliveries in time, due at once for other instances', async () => {
    const { id } = await hook(world, receiver.url);
    receiver.reply = () => undefined;
    await world.several(2);
    const variables = { ...INSTANCE, SHUTDOWN_TIMEOUT_SECONDS: '4' };
    const instance = await ServiceProcess.start(app.database.url, variables);
    await until(() => receiver.received.length === 2);
    expect(await instance.stop()).toBe(0);
    expect(await deliveriesOf(world, id)).toMatchObject([
      { status: 'PENDING', attempts: 0, lastError: null },
      { status: 'PENDING', attempts: 0, lastError: null },
    ]);
    receiver.says(204);
    await deliverUntil(app, () => receiver.received.length === 4);
    const ids = receiver.received.map(idOf);
    expect(ids.slice(2).sort()).toEqual(ids.slice(0, 2).sort());
    expect(await deliveriesOf(world, id, { status: 'DELIVERED' })).toHaveLength(2);
  });
});
