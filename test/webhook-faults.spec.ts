import { delayAfter } from '../src/webhooks/retry-schedule.js';
import type { DeliveryResponse } from '../src/webhooks/webhook-delivery.js';
import { TestApplication } from './support/application.js';
import { deliverUntil, deliveriesOf, hook, idOf, makeDue, opened, REACHABLE } from './support/hooked.js';
import { expectInvariants } from './support/invariants.js';
import { Receiver } from './support/receiver.js';
import { World } from './support/world.js';

/** After each try in vain, in seconds, as Standard Webhooks have it. */
const DELAYS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

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

/** Attempts the only delivery of a webhook until it has `attempts` attempts. @returns the delivery */
async function tried(id: string, attempts: number): Promise<DeliveryResponse> {
  let delivery: DeliveryResponse | undefined;
  await deliverUntil(app, async () => {
    [delivery] = await deliveriesOf(world, id);
    if (delivery?.attempts === attempts) return true;
    await makeDue(world);
    return false;
  });
  return delivery!;
}

/** Seconds from the last try to the next. */
const pauseOf = ({ lastAttemptAt, nextAttemptAt }: DeliveryResponse): number =>
  (Date.parse(nextAttemptAt!) - Date.parse(lastAttemptAt!)) / 1_000;

describe('case 15: a receiver', () => {
  it('that is down is retried with growing pauses and the same id, until the delivery fails', async () => {
    const { id, secret } = await hook(world, receiver.url);
    receiver.says(503, {}, 'Back in a minute');
    await world.several(1);
    for (const [failures, delay] of DELAYS.entries()) {
      const delivery = await tried(id, failures + 1);
      expect(delivery).toMatchObject({
        status: 'PENDING',
        lastStatus: 503,
        lastError: 'responded 503',
        lastResponse: 'Back in a minute',
      });
      expect(pauseOf(delivery)).toBeGreaterThanOrEqual(delay);
      // A tenth by chance, and what this machine took between the try and the writing down.
      expect(pauseOf(delivery)).toBeLessThan(delay * 1.1 + 5);
    }
    const given = await tried(id, DELAYS.length + 1);
    expect(given).toMatchObject({ status: 'FAILED', nextAttemptAt: null, lastStatus: 503 });
    await makeDue(world);
    await deliverUntil(app, () => true);
    expect(receiver.received).toHaveLength(DELAYS.length + 1);

    expect(new Set(receiver.received.map(idOf))).toEqual(new Set([given.id]));
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    for (const request of receiver.received) opened(secret, request);

    receiver.says(200);
    await app.call('post', `/webhooks/${id}/deliveries/${given.id}/redeliver`, world.admin).expect(202);
    await deliverUntil(app, () => receiver.received.length > DELAYS.length + 1);
    expect(idOf(receiver.received.at(-1)!)).toBe(given.id);
    expect(await deliveriesOf(world, id)).toMatchObject([
      { id: given.id, status: 'DELIVERED', attempts: 11, lastStatus: 200, lastError: null },
    ]);
  });

  it('has pauses that differ by chance and always grow', () => {
    for (const [failures, delay] of DELAYS.entries()) {
      const drawn = Array.from({ length: 200 }, () => delayAfter(failures + 1)!);
      expect(new Set(drawn).size).toBeGreaterThan(50);
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(delay * 1_000);
      expect(Math.max(...drawn)).toBeLessThan((DELAYS[failures + 1] ?? Infinity) * 1_000);
    }
    expect(delayAfter(DELAYS.length + 1)).toBeNull();
  });

  it('that refuses connections is retried', async () => {
    const { url, port } = receiver;
    const { id } = await hook(world, url);
    await receiver.stop();
    await world.several(1);
    const failed = await tried(id, 1);
    expect(failed).toMatchObject({
      status: 'PENDING',
      lastStatus: null,
      lastError: 'the connection failed: ECONNREFUSED',
    });
    receiver = await Receiver.start(port);
    expect(await tried(id, 2)).toMatchObject({ status: 'DELIVERED', lastStatus: 204, lastError: null });
    expect(receiver.received.map(idOf)).toEqual([failed.id]);
  });

  it('that is slow fails after the timeout and is retried', async () => {
    const { id } = await hook(world, receiver.url);
    receiver.reply = () => undefined;
    await world.several(1);
    const slow = await tried(id, 1);
    expect(slow).toMatchObject({ status: 'PENDING', lastStatus: null, lastError: 'no response within 1 s' });
    receiver.says(200);
    expect(await tried(id, 2)).toMatchObject({ status: 'DELIVERED' });
    expect(receiver.received.map(idOf)).toEqual([slow.id, slow.id]);
  });

  it('that redirects is not followed', async () => {
    const elsewhere = await Receiver.start();
    try {
      const { id } = await hook(world, receiver.url);
      receiver.says(307, { Location: elsewhere.url });
      await world.several(1);
      expect(await tried(id, 1)).toMatchObject({
        status: 'PENDING',
        lastStatus: 307,
        lastError: 'redirected with 307; redirects are not followed',
      });
      expect(elsewhere.connections).toBe(0);
    } finally {
      await elsewhere.stop();
    }
  });

  it('that responds 410 disables its webhook, which keeps the rest', async () => {
    const { id } = await hook(world, receiver.url);
    receiver.says(410);
    await world.several(10);
    await deliverUntil(app, () => receiver.received.length > 0);
    const { body } = await app.call('get', `/webhooks/${id}`, world.admin).expect(200);
    expect(body).toMatchObject({ enabled: false, disabledReason: 'The receiver responded 410 Gone' });
    const { body: audit } = await app.call('get', `/audit-events?subject=${id}`, world.admin).expect(200);
    expect((audit as { data: object[] }).data[0]).toMatchObject({
      actor: { type: 'SYSTEM', id: null },
      action: 'webhook.updated',
      requestId: null,
      before: { enabled: true },
      after: { enabled: false },
    });
    // Those that were on their way with the first.
    const heard = receiver.received.length;
    expect(heard).toBeLessThanOrEqual(4);
    await makeDue(world);
    await deliverUntil(app, () => true);
    expect(receiver.received).toHaveLength(heard);

    receiver.says(204);
    await app.call('patch', `/webhooks/${id}`, world.admin).send({ enabled: true }).expect(200);
    await deliverUntil(app, () => receiver.received.length >= heard + 10);
    expect(new Set(receiver.received.map(idOf)).size).toBe(10);
    expect(await deliveriesOf(world, id, { status: 'DELIVERED' })).toHaveLength(10);
  });

  it('that responds 410 does not disable a webhook whose URL changed', async () => {
    const { id } = await hook(world, receiver.url);
    const moved = `${receiver.url}/v2`;
    receiver.reply = (response) => {
      void app
        .call('patch', `/webhooks/${id}`, world.admin)
        .send({ url: moved })
        .then(() => response.writeHead(410).end());
    };
    await world.several(1);
    await deliverUntil(app, () => receiver.received.length > 0);
    const { body } = await app.call('get', `/webhooks/${id}`, world.admin).expect(200);
    expect(body).toMatchObject({ url: moved, enabled: true, disabledReason: null });
  });

  it('without TLS gets nothing by https', async () => {
    const { id } = await hook(world, receiver.url.replace('http:', 'https:'));
    await world.several(1);
    expect((await tried(id, 1)).lastError).toMatch(/^the connection failed: E/);
    expect(receiver.received).toEqual([]);
  });

  it('may send any response, of which little is kept', async () => {
    const { id } = await hook(world, receiver.url);
    receiver.says(400, {}, 'é\0'.repeat(3_000));
    await world.several(1);
    expect(await tried(id, 1)).toMatchObject({ lastStatus: 400, lastResponse: 'é'.repeat(500) });
  });
});

describe('case 22: a webhook that was created while private targets were allowed', () => {
  it('gets no deliveries when they are not allowed', async () => {
    const { id } = await hook(world, receiver.url);
    await world.several(1);
    const strict = await app.another();
    try {
      await deliverUntil(strict, async () => (await deliveriesOf(world, id))[0]?.attempts === 1);
      expect(await deliveriesOf(world, id)).toMatchObject([
        { status: 'PENDING', lastStatus: null, lastError: 'not sent: its address is not public' },
      ]);
      expect(receiver.connections).toBe(0);
    } finally {
      await strict.stop();
    }
  });
});
