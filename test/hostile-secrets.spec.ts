import { createDecipheriv, createHash } from 'node:crypto';
import type { NewApiKey } from '../src/api-keys/api-key.js';
import type { NewWebhook } from '../src/webhooks/webhook.js';
import { SECRET_COLUMNS } from '../src/secrets/secret-columns.js';
import { TestApplication } from './support/application.js';
import { deliverUntil, deliveriesOf, hook, opened, REACHABLE } from './support/hooked.js';
import { keyed, replayed, sealedResponses } from './support/idempotency-keys.js';
import { Receiver } from './support/receiver.js';
import { KEY_A } from './support/secrets-key.js';
import { callSigned, newSigningKey } from './support/signed.js';
import { World } from './support/world.js';

/** Somebody who reads the tables: a copy of the database, a stolen login, another tenant's row. */
let app: TestApplication;
let world: World;
let receiver: Receiver;
beforeAll(async () => {
  app = await TestApplication.start({ ...REACHABLE, SECRETS_KEY: KEY_A });
});
beforeEach(async () => {
  world = await World.create(app);
  receiver = await Receiver.start();
});
afterEach(async () => {
  await app.database.rows('delete from webhooks');
  await receiver.stop();
});
afterAll(() => app.stop());

/** All that the tables hold of a tenant's secrets, as text. */
async function stored({ tenantId }: World): Promise<string> {
  const rows = await app.database.rows<{ text: string }>(
    `select w::text as text from webhooks w where tenant_id = $1
     union all select k::text from api_keys k where tenant_id = $1`,
    [tenantId],
  );
  return rows.map(({ text }) => text).join('\n');
}

const rotate = async (id: string, { admin }: World) => {
  const { body } = await app.call('post', `/webhooks/${id}/rotate-secret`, admin).expect(200);
  return body as NewWebhook;
};

describe('a reader of the database', () => {
  it('finds no secret in clear', async () => {
    const signing = await newSigningKey(world);
    const webhook = await hook(world, receiver.url);
    const rotated = await rotate(webhook.id, world);
    const text = await stored(world);
    expect(text).not.toContain('whsec_');
    for (const secret of [signing.signingSecret!, webhook.secret, rotated.secret]) {
      expect(text).not.toContain(secret.slice('whsec_'.length));
    }
    // They work all the same: the former secret and the new one sign, and signed requests are valid.
    await world.queued(await world.inbox());
    await deliverUntil(app, () => receiver.received.length > 0);
    expect(opened(webhook.secret, receiver.received[0]!)).toEqual(
      opened(rotated.secret, receiver.received[0]!),
    );
    expect((await callSigned(app, signing)).status).toBe(200);
  });

  it('finds no column with secrets that is not encrypted', async () => {
    const columns = await app.database.rows<{ table: string; column: string }>(
      `select table_name as table, column_name as column from information_schema.columns
       where table_schema = 'public' and data_type = 'text' and column_name ~ 'secret|token|password|ticket'`,
    );
    const known = SECRET_COLUMNS.map(([table, column]) => ({ table, column }));
    expect(columns).toHaveLength(known.length);
    expect(columns).toEqual(expect.arrayContaining(known));
  });

  it('cannot open a stored response by guessing the Idempotency-Key', async () => {
    const inbox = () =>
      app.call('post', '/inboxes', keyed(world.admin, 'order-4711')).send({ name: 'Orders' });
    const first = await inbox().expect(201);
    const [sealed] = await sealedResponses(world);
    expect(() => openedByGuess(sealed!, 'order-4711')).toThrow();
    expect((await inbox().expect(201)).body).toEqual(first.body);
  });

  it('cannot use a secret in another row, another column or another tenant', async () => {
    const other = await World.create(app);
    const [mine, theirs] = [await hook(world, receiver.url), await hook(other, `${receiver.url}/other`)];
    await app.database.rows(
      'update webhooks set secret = (select w.secret from webhooks w where w.id = $1) where id = $2',
      [theirs.id, mine.id],
    );
    await world.queued(await world.inbox());
    await other.queued(await other.inbox());
    await deliverUntil(app, async () => (await deliveriesOf(world, mine.id))[0]?.attempts === 1);
    const [failed] = await deliveriesOf(world, mine.id);
    expect(failed!.lastError).toContain('cannot read the secret');
    await deliverUntil(app, () => receiver.received.length > 0);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook/other']);
    expect(opened(theirs.secret, receiver.received[0]!)).toMatchObject({ type: 'conversation.created' });

    // The former secret does not become the present one again: a copy of the column is worth nothing.
    const rotated = await rotate(theirs.id, other);
    await app.database.rows('update webhooks set former_secret = secret where id = $1', [theirs.id]);
    await other.queued(await other.inbox());
    await deliverUntil(app, () => receiver.received.length > 1);
    expect(receiver.received[1]!.headers['webhook-signature']).not.toContain(' ');
    expect(opened(rotated.secret, receiver.received[1]!)).toMatchObject({ type: 'conversation.created' });

    const [one, two] = [await newSigningKey(world), await newSigningKey(world)];
    await app.database.rows(
      'update api_keys set signing_secret = (select k.signing_secret from api_keys k where k.id = $1) where id = $2',
      [one.id, two.id],
    );
    expect((await callSigned(app, { ...two, signingSecret: one.signingSecret })).status).toBe(503);
    expect((await callSigned(app, one)).status).toBe(200);
  });
});

/** With SECRETS_KEY and without. */
describe.each([
  ['with SECRETS_KEY', KEY_A],
  ['without SECRETS_KEY', ''],
])('%s a repeated request', (_when, SECRETS_KEY) => {
  let service: TestApplication;
  beforeAll(async () => {
    service = await app.another({ ...REACHABLE, SECRETS_KEY });
  });
  afterAll(() => service.stop());

  async function twice<Body>(
    path: string,
    key: string,
    body: object = {},
    status = 201,
  ): Promise<[Body, Body]> {
    const send = () => service.call('post', path, keyed(world.admin, key)).send(body).expect(status);
    const first = await send();
    const again = await send();
    expect([replayed(first), replayed(again)]).toEqual([undefined, 'true']);
    return [first.body as Body, again.body as Body];
  }

  it('gets the stored API key without key and signing secret', async () => {
    const request = { name: 'orchestrator', requestSigning: true };
    const [first, again] = await twice<NewApiKey>('/api-keys', 'key-1', request);
    expect(first.key).toMatch(/^iak_/);
    expect(first.signingSecret).toMatch(/^whsec_/);
    expect(again).toEqual({ ...first, key: null, signingSecret: null });
  });

  it('gets the stored webhook without its secret, after its creation and after a rotation', async () => {
    const [made, again] = await twice<NewWebhook>('/webhooks', 'hook-1', { url: receiver.url });
    expect(made.secret).toMatch(/^whsec_/);
    expect(again).toEqual({ ...made, secret: null });
    const [rotated, later] = await twice<NewWebhook>(`/webhooks/${made.id}/rotate-secret`, 'hook-2', {}, 200);
    expect(rotated.secret).toMatch(/^whsec_/);
    expect(rotated.secret).not.toBe(made.secret);
    expect(later).toEqual({ ...rotated, secret: null });
  });

  it('has no secret in the stored response, not even sealed', async () => {
    const [first] = await twice<NewApiKey>('/api-keys', 'key-2', {
      name: 'orchestrator',
      requestSigning: true,
    });
    const [sealed] = await sealedResponses(world);
    const text = SECRETS_KEY === '' ? openedByGuess(sealed!, 'key-2') : sealed!.toString('latin1');
    if (SECRETS_KEY === '') expect(text).toContain(first.id);
    for (const secret of [first.key, first.signingSecret!]) expect(text).not.toContain(secret);
  });
});

/** Opens a response with the Idempotency-Key alone, as the service does without SECRETS_KEY. */
function openedByGuess(sealed: Buffer, key: string): string {
  const guessed = createHash('sha256').update(`sealing ${key}`).digest();
  const decipher = createDecipheriv('aes-256-gcm', guessed, sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(12, 28));
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString();
}
