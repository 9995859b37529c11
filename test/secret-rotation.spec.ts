import type { NewWebhook } from '../src/webhooks/webhook.js';
import { SecretRewrite } from '../src/secrets/secret-rewrite.js';
import { TestApplication } from './support/application.js';
import { TestDatabase } from './support/database.js';
import { deliverUntil, deliveriesOf, hook, makeDue, opened, REACHABLE } from './support/hooked.js';
import { keyed, replayed } from './support/idempotency-keys.js';
import { Receiver } from './support/receiver.js';
import { Scrape } from './support/scrape.js';
import { KEY_A, KEY_B } from './support/secrets-key.js';
import { callSigned, newSigningKey } from './support/signed.js';
import { World } from './support/world.js';

let database: TestDatabase;
let app: TestApplication;
let receiver: Receiver;
beforeEach(async () => {
  database = await TestDatabase.create();
  receiver = await Receiver.start();
});
afterEach(async () => {
  await app.stop();
  await receiver.stop();
  await database.close();
});

/** Starts the service, or starts it again with other keys. */
async function startWith(SECRETS_KEY: string): Promise<void> {
  app = await TestApplication.on(database, { ...REACHABLE, METRICS_INTERVAL_SECONDS: '1', SECRETS_KEY });
}
async function restartWith(keys: string): Promise<void> {
  await app.stop();
  await startWith(keys);
}

/** The same tenant on the service that runs now. */
const now = (world: World): World => Object.assign(Object.create(World.prototype) as World, world, { app });

interface Scene {
  world: World;
  webhook: NewWebhook;
  rotated: NewWebhook;
  signing: Awaited<ReturnType<typeof newSigningKey>>;
}

/** A tenant with each kind of secret. */
async function scene(): Promise<Scene> {
  const world = await World.create(app);
  const webhook = await hook(world, receiver.url);
  const { body } = await app.call('post', `/webhooks/${webhook.id}/rotate-secret`, world.admin).expect(200);
  return { world, webhook, rotated: body as NewWebhook, signing: await newSigningKey(world) };
}

async function expectAllToWork({ world, webhook, rotated, signing }: Scene): Promise<void> {
  const before = receiver.received.length;
  const present = now(world);
  await present.queued(await present.inbox());
  await deliverUntil(app, () => receiver.received.length > before);
  for (const secret of [webhook.secret, rotated.secret]) {
    expect(opened(secret, receiver.received[before]!)).toMatchObject({ type: 'conversation.created' });
  }
  expect((await callSigned(app, signing)).status).toBe(200);
}

/** How the secrets in the tables begin. */
async function beginnings(): Promise<string[]> {
  const rows = await database.rows<{ secret: string }>(
    `select secret from webhooks union all select former_secret from webhooks
     union all select signing_secret from api_keys`,
  );
  return [...new Set(rows.map(({ secret }) => secret.split(/(?<=_|:\w+:)/)[0]!))].sort();
}

async function counted(): Promise<Record<string, number | undefined>> {
  const scrape = await Scrape.of(app);
  const states = ['clear', 'current', 'former', 'unknown'];
  return Object.fromEntries(states.map((state) => [state, scrape.value('inbox_secrets', { state })]));
}

describe('a change of SECRETS_KEY', () => {
  it('encrypts again what lies in clear and under the former key, and then needs the former key no more', async () => {
    await startWith('');
    const clear = await scene();
    expect(await beginnings()).toEqual(['whsec_']);
    expect(await counted()).toEqual({ clear: 3, current: 0, former: 0, unknown: 0 });
    expect(await app.run(SecretRewrite)).toBe(0);

    await restartWith(KEY_A);
    await expectAllToWork(clear);
    const sealed = await scene();
    expect(await counted()).toEqual({ clear: 3, current: 3, former: 0, unknown: 0 });
    expect(await app.run(SecretRewrite)).toBe(3);
    expect(await beginnings()).toEqual(['sealed:a:']);
    expect(await app.run(SecretRewrite)).toBe(0);

    await restartWith(`${KEY_B},${KEY_A}`);
    await expectAllToWork(clear);
    await expectAllToWork(sealed);
    expect(await counted()).toEqual({ clear: 0, current: 0, former: 6, unknown: 0 });
    expect(await app.run(SecretRewrite)).toBe(6);
    expect(await beginnings()).toEqual(['sealed:b:']);

    await restartWith(KEY_B);
    expect(await counted()).toEqual({ clear: 0, current: 6, former: 0, unknown: 0 });
    await expectAllToWork(clear);
    await expectAllToWork(sealed);
  });

  it('needs no pause: instances with the keys in another order read what the others store', async () => {
    await startWith(`${KEY_A},${KEY_B}`);
    const [one, two] = [app, await app.another({ ...REACHABLE, SECRETS_KEY: `${KEY_B},${KEY_A}` })];
    try {
      const of = await scene();
      app = two;
      await expectAllToWork(of);
      const signing = await newSigningKey(now(of.world));
      expect((await callSigned(one, signing)).status).toBe(200);
      const create = (by: TestApplication) =>
        by.call('post', '/inboxes', keyed(of.world.admin, 'either')).send({ name: 'Either' }).expect(201);
      const first = await create(one);
      const again = await create(two);
      expect([again.body, replayed(again)]).toEqual([first.body, 'true']);
      expect(await beginnings()).toEqual(['sealed:a:', 'sealed:b:']);
    } finally {
      app = one;
      await two.stop();
    }
  });

  it('is safe beside a rotation of the secret by its tenant', async () => {
    await startWith(KEY_A);
    const { world, webhook, signing } = await scene();
    await restartWith(`${KEY_B},${KEY_A}`);
    const rotate = () => app.call('post', `/webhooks/${webhook.id}/rotate-secret`, world.admin).expect(200);
    const [before, , after] = await Promise.all([rotate(), app.run(SecretRewrite), rotate()]);
    await app.run(SecretRewrite);
    expect(await beginnings()).toEqual(['sealed:b:']);
    await now(world).queued(await now(world).inbox());
    await deliverUntil(app, () => receiver.received.length > 0);
    for (const { body } of [before, after]) {
      expect(opened((body as NewWebhook).secret, receiver.received[0]!)).toBeDefined();
    }
    expect((await callSigned(app, signing)).status).toBe(200);
  });

  it('keeps stored responses of before readable while the key is configured', async () => {
    await startWith('');
    const world = await World.create(app);
    const create = (key: string) =>
      app.call('post', '/inboxes', keyed(world.admin, key)).send({ name: key }).expect(201);
    const first = new Map<string, unknown>();
    const expectReplays = async () => {
      for (const [key, body] of first) {
        const again = await create(key);
        expect([again.body, replayed(again)]).toEqual([body, 'true']);
      }
    };
    first.set('in-clear', (await create('in-clear')).body);
    await restartWith(KEY_A);
    first.set('under-a', (await create('under-a')).body);
    await expectReplays();
    await restartWith(`${KEY_B},${KEY_A}`);
    first.set('under-b', (await create('under-b')).body);
    await expectReplays();
    // Without its key a response cannot be told, and the request is not carried out again.
    await restartWith(KEY_B);
    const { body, headers } = await app
      .call('post', '/inboxes', keyed(world.admin, 'under-a'))
      .send({ name: 'under-a' })
      .expect(503);
    expect(body).toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    expect(headers['retry-after']).toBeDefined();
    const inboxes = await database.rows(`select 1 from inboxes where name = 'under-a'`);
    expect(inboxes).toHaveLength(1);
    first.delete('under-a');
    await expectReplays();
  });
});

describe('a secret whose key is missing', () => {
  it('fails the attempts of its webhook, which are repeated, and delays no other', async () => {
    await startWith(KEY_A);
    const lost = await scene();
    await restartWith(KEY_B);
    const world = now(lost.world);
    const whole = await hook(world, `${receiver.url}/whole`);
    await world.queued(await world.inbox());
    await deliverUntil(app, () => receiver.received.length > 0);
    expect(opened(whole.secret, receiver.received[0]!)).toMatchObject({ type: 'conversation.created' });
    await deliverUntil(app, async () => (await deliveriesOf(world, lost.webhook.id))[0]?.attempts === 1);
    const [failed] = await deliveriesOf(world, lost.webhook.id);
    expect(failed).toMatchObject({ status: 'PENDING', lastStatus: null });
    expect(failed!.lastError).toContain('cannot read the secret');
    expect(failed!.nextAttemptAt).not.toBeNull();
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook/whole']);
    expect(await counted()).toEqual({ clear: 0, current: 1, former: 0, unknown: 3 });
    expect(await app.run(SecretRewrite)).toBe(0);

    // The key is configured again: the delivery goes out.
    await restartWith(`${KEY_B},${KEY_A}`);
    await makeDue(now(lost.world));
    await deliverUntil(app, () => receiver.received.length > 1);
    expect(opened(lost.rotated.secret, receiver.received[1]!)).toMatchObject({
      type: 'conversation.created',
    });
  });

  it('is mended by a rotation', async () => {
    await startWith(KEY_A);
    const lost = await scene();
    await restartWith(KEY_B);
    const world = now(lost.world);
    const { body } = await app
      .call('post', `/webhooks/${lost.webhook.id}/rotate-secret`, world.admin)
      .expect(200);
    expect((body as NewWebhook).formerSecretExpiresAt).toBeNull();
    await world.queued(await world.inbox());
    await deliverUntil(app, () => receiver.received.length > 0);
    expect(opened((body as NewWebhook).secret, receiver.received[0]!)).toBeDefined();
  });

  it('is 503 for a signed request and no 401, because the caller is right', async () => {
    await startWith(KEY_A);
    const { signing, world } = await scene();
    await restartWith(KEY_B);
    const { status, body, headers } = await callSigned(app, signing);
    expect([status, body['code']]).toEqual([503, 'SECRET_UNAVAILABLE']);
    expect(headers['retry-after']).toBeDefined();
    // A caller who does not know the key learns nothing.
    expect((await callSigned(app, { ...signing, key: `${signing.key.slice(0, -2)}xx` })).status).toBe(401);
    expect((await callSigned(app, await newSigningKey(now(world)))).status).toBe(200);
  });

  it('does not stop the rewriting of the others of its tenant', async () => {
    await startWith(KEY_A);
    const { webhook } = await scene();
    await database.rows('update webhooks set secret = former_secret where id = $1', [webhook.id]);
    await restartWith(`${KEY_B},${KEY_A}`);
    await app.run(SecretRewrite);
    const [row] = await database.rows<{ secret: string; former_secret: string }>(
      'select secret, former_secret from webhooks',
    );
    expect([row!.secret.slice(0, 9), row!.former_secret.slice(0, 9)]).toEqual(['sealed:a:', 'sealed:b:']);
    const [key] = await database.rows<{ signing_secret: string }>('select signing_secret from api_keys');
    expect(key!.signing_secret).toMatch(/^sealed:b:/);
  });
});
