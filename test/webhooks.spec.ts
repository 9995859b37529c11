import { randomUUID } from 'node:crypto';
import type { DeliveryResponse } from '../src/webhooks/webhook-delivery.js';
import type { NewWebhook, WebhookResponse } from '../src/webhooks/webhook.js';
import { TestApplication } from './support/application.js';
import { follow, page } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { World } from './support/world.js';

/** Of the internet, and written as an address, so that no resolver is asked. */
const URL = 'https://93.184.215.14/hook';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app);
});
afterAll(() => app.stop());

const post = (body: object) => app.call('post', '/webhooks', world.admin).send(body);
const patch = (id: string, body: object) => app.call('patch', `/webhooks/${id}`, world.admin).send(body);

async function make(fields: object = {}): Promise<NewWebhook> {
  const { body } = await post({ url: URL, ...fields }).expect(201);
  return body as NewWebhook;
}

async function read(id: string): Promise<WebhookResponse> {
  const { body } = await app.call('get', `/webhooks/${id}`, world.admin).expect(200);
  return body as WebhookResponse;
}

describe('a webhook', () => {
  it('gets everything by default, and shows its secret once', async () => {
    const { secret, ...made } = await make();
    expect(made).toEqual({
      id: expect.any(String),
      tenantId: world.tenantId,
      url: URL,
      events: null,
      inboxId: null,
      description: null,
      enabled: true,
      disabledReason: null,
      formerSecretExpiresAt: null,
      createdBy: world.admin['X-Operator-Id'],
      createdAt: expect.any(String),
      updatedAt: made.createdAt,
    });
    // 256 bits in base64.
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await read(made.id)).toEqual(made);
    expect((await page<WebhookResponse>(app, '/webhooks', world.admin)).data).toEqual([made]);
    expect((await make()).secret).not.toBe(secret);
  });

  it('may have types, an inbox, a description, and be disabled', async () => {
    const inbox = await world.inbox();
    const chosen = {
      events: ['conversation.created', 'operator.offline'],
      inboxId: inbox.id,
      description: 'Screens',
      enabled: false,
    };
    expect(await make(chosen)).toMatchObject(chosen);
    expect(await make({ events: null, inboxId: null, description: null })).toMatchObject({ events: null });
    await refused(post({ url: URL, inboxId: randomUUID() }), 'NOT_FOUND');
  });

  it('is refused with invalid fields', async () => {
    await invalid(post({}), 'url');
    await invalid(post({ url: `https://93.184.215.14/${'x'.repeat(2_000)}` }), 'url');
    for (const events of [[], ['conversation'], ['conversation.created', 'conversation.created'], 'all', {}])
      await invalid(post({ url: URL, events }), 'events');
    await invalid(post({ url: URL, enabled: null }), 'enabled');
    await invalid(post({ url: URL, inboxId: 'x' }), 'inboxId');
    await invalid(post({ url: URL, secret: 'whsec_AAAA' }), 'secret');
    const { id } = await make();
    await invalid(patch(id, { url: null }), 'url');
    await invalid(patch(id, { inboxId: null }), 'inboxId');
    await invalid(patch(id, { events: [] }), 'events');
  });

  it.each([
    'http://127.0.0.1:3000/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://[::ffff:127.0.0.1]/',
    'http://localhost/',
    'http://169.254.169.254/latest/meta-data',
    'https://10.0.0.1/',
    'https://user:secret@93.184.215.14/',
    'ftp://93.184.215.14/',
    'desk.example.com',
  ])('case 22: may not have a URL of the own network: %s', async (url) => {
    await invalid(post({ url }), 'url');
    const { id } = await make();
    await invalid(patch(id, { url }), 'url');
    expect(await read(id)).toMatchObject({ url: URL });
  });

  it('can be changed field by field', async () => {
    const { id } = await make({ description: 'Screens' });
    const moved = `${URL}/v2`;
    await patch(id, { url: moved, events: ['conversation.resolved'] }).expect(200);
    expect(await read(id)).toMatchObject({ url: moved, events: ['conversation.resolved'], enabled: true });
    await patch(id, { events: null, description: null, enabled: false }).expect(200);
    const changed = await read(id);
    expect(changed).toMatchObject({ url: moved, events: null, description: null, enabled: false });
    expect(changed.updatedAt > changed.createdAt).toBe(true);
    await patch(id, {}).expect(200);
    expect(await read(id)).toMatchObject({ url: moved, enabled: false });
    await refused(patch(randomUUID(), { enabled: false }), 'NOT_FOUND');
  });

  it('that the service disabled loses the reason when a caller changes it', async () => {
    const { id } = await make();
    await app.database.rows(`update webhooks set enabled = false, disabled_reason = 'gone' where id = $1`, [
      id,
    ]);
    expect(await read(id)).toMatchObject({ enabled: false, disabledReason: 'gone' });
    await patch(id, { description: 'still gone' }).expect(200);
    expect(await read(id)).toMatchObject({ enabled: false, disabledReason: 'gone' });
    await patch(id, { enabled: true }).expect(200);
    expect(await read(id)).toMatchObject({ enabled: true, disabledReason: null });
  });

  it('gets a new secret, shown once, and keeps the old one for a day', async () => {
    const { id, secret } = await make();
    const { body } = await app.call('post', `/webhooks/${id}/rotate-secret`, world.admin).expect(200);
    const rotated = body as NewWebhook;
    expect(rotated.secret).toMatch(/^whsec_/);
    expect(rotated.secret).not.toBe(secret);
    const [stored] = await app.database.rows(
      `select secret, former_secret, former_secret_expires_at - now() > interval '23 hours 59 minutes' as for_a_day
      from webhooks where id = $1`,
      [id],
    );
    expect(stored).toEqual({ secret: rotated.secret, former_secret: secret, for_a_day: true });
    expect(JSON.stringify(await read(id))).not.toContain('whsec_');
    expect((await read(id)).formerSecretExpiresAt).toBe(rotated.formerSecretExpiresAt);
    await refused(app.call('post', `/webhooks/${randomUUID()}/rotate-secret`, world.admin), 'NOT_FOUND');
  });

  it('is deleted with its deliveries', async () => {
    const { id } = await make();
    await deliveries(id, 2);
    await app.call('delete', `/webhooks/${id}`, world.admin).expect(204);
    await refused(app.call('get', `/webhooks/${id}`, world.admin), 'NOT_FOUND');
    await refused(app.call('delete', `/webhooks/${id}`, world.admin), 'NOT_FOUND');
    await refused(app.call('get', `/webhooks/${id}/deliveries`, world.admin), 'NOT_FOUND');
    expect(await app.database.rows('select 1 from webhook_deliveries where webhook_id = $1', [id])).toEqual(
      [],
    );
  });

  it('is listed in pages, oldest first', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await make()).id);
    const listed = await follow<WebhookResponse>(app, '/webhooks', world.admin, { limit: 2 });
    expect(listed.map(({ id }) => id)).toEqual(ids);
  });
});

/** Inserts deliveries, every second one failed. */
async function deliveries(webhookId: string, count: number): Promise<void> {
  await app.database.rows(
    `insert into webhook_deliveries (tenant_id, webhook_id, id, position, event_id, event_type, body, status, attempts,
      next_attempt_at, keep_until)
    select $1, $2, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, n, gen_random_uuid(),
      'conversation.created', '{}', case n % 2 when 0 then 'FAILED' else 'PENDING' end, n,
      case n % 2 when 1 then now() end, case n % 2 when 0 then now() + interval '30 days' end
    from generate_series(1, $3::integer) n`,
    [world.tenantId, webhookId, count],
  );
}

describe('the deliveries of a webhook', () => {
  it('are listed in pages, newest first, all or of one status', async () => {
    const { id } = await make();
    await deliveries(id, 5);
    const path = `/webhooks/${id}/deliveries`;
    const attempts = async (query: object) =>
      (await follow<DeliveryResponse>(app, path, world.admin, { limit: 2, ...query })).map((d) => d.attempts);
    expect(await attempts({})).toEqual([5, 4, 3, 2, 1]);
    expect(await attempts({ status: 'FAILED' })).toEqual([4, 2]);
    expect(await attempts({ status: 'DELIVERED' })).toEqual([]);
    await invalid(app.call('get', `${path}?status=LOST`, world.admin), 'status');
    const { nextCursor } = await page(app, path, world.admin, { limit: 1 });
    const elsewhere = `${path}?status=FAILED&cursor=${nextCursor}`;
    await refused(app.call('get', elsewhere, world.admin), 'INVALID_CURSOR');
  });

  it('can be made due again in every status', async () => {
    const { id } = await make();
    await deliveries(id, 2);
    const path = `/webhooks/${id}/deliveries`;
    const [failed] = (await page<DeliveryResponse>(app, path, world.admin)).data;
    expect(failed).toMatchObject({ status: 'FAILED', nextAttemptAt: null });
    const { body } = await app.call('post', `${path}/${failed!.id}/redeliver`, world.admin).expect(202);
    expect(body).toMatchObject({ id: failed!.id, status: 'PENDING', attempts: 2 });
    expect((body as DeliveryResponse).nextAttemptAt).not.toBeNull();
    await refused(app.call('post', `${path}/${randomUUID()}/redeliver`, world.admin), 'NOT_FOUND');
    const other = await make();
    const foreign = `/webhooks/${other.id}/deliveries/${failed!.id}/redeliver`;
    await refused(app.call('post', foreign, world.admin), 'NOT_FOUND');
  });
});
