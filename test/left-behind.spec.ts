import type { UpdatedOperator } from '../src/operators/left-behind.js';
import { WebhookDeletion } from '../src/webhooks/webhook-deletion.js';
import { TestApplication } from './support/application.js';
import { invalid, refused } from './support/refused.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const changing = (world: World, { id }: Person, change: object) =>
  app.call('patch', `/operators/${id}`, world.admin).send(change);

/** An ADMIN with two keys, one of them revoked, and a webhook; and a key and a webhook of another ADMIN. */
async function leaver() {
  const world = await World.create(app);
  const admin = await world.operator({ role: 'ADMIN' });
  const keys: { id: string; key: string }[] = [];
  for (const [name, headers] of [
    ['crm', admin.headers],
    ['old', admin.headers],
    ['other', world.admin],
  ] as const) {
    const { body } = await app.call('post', '/api-keys', headers).send({ name }).expect(201);
    keys.push(body as { id: string; key: string });
  }
  await app.call('delete', `/api-keys/${keys[1]!.id}`, world.admin).expect(204);
  const hook = { url: 'https://93.184.215.14:8443/secret-path' };
  const { body: webhook } = await app.call('post', '/webhooks', admin.headers).send(hook).expect(201);
  await app.call('post', '/webhooks', world.admin).send(hook).expect(201);
  const created = {
    createdApiKeys: [{ id: keys[0]!.id, name: 'crm' }],
    createdWebhooks: [{ id: (webhook as { id: string }).id, host: '93.184.215.14:8443' }],
  };
  const listed = async (path: string) => {
    const { body } = await app.call('get', path, world.admin).expect(200);
    return (body as { data: { id: string }[] }).data.map(({ id }) => id);
  };
  return { world, admin, keys, created, listed };
}

describe('an ADMIN who is deactivated', () => {
  it('leaves the API keys and webhooks they created, which the response lists', async () => {
    const { world, admin, keys, created } = await leaver();
    const { body } = await changing(world, admin, { isActive: false }).expect(200);
    expect(body).toMatchObject({ id: admin.id, isActive: false, ...created });
    await app.call('get', '/tenant', { Authorization: `Bearer ${keys[0]!.key}` }).expect(200);
    const { body: other } = await changing(world, admin, { isActive: true }).expect(200);
    expect(Object.keys(other as UpdatedOperator)).not.toContain('createdApiKeys');
  });

  it('takes them along with revokeKeys, each with an entry in the audit', async () => {
    const { world, admin, keys, created, listed } = await leaver();
    const webhooks = await listed('/webhooks');
    const change = { isActive: false, revokeKeys: true };
    const { body } = await changing(world, admin, change).set('X-Request-Id', 'leaving').expect(200);
    expect(body).toMatchObject(created);
    await refused(app.call('get', '/tenant', { Authorization: `Bearer ${keys[0]!.key}` }), 'UNAUTHENTICATED');
    await app.call('get', '/tenant', { Authorization: `Bearer ${keys[2]!.key}` }).expect(200);
    expect(await listed('/webhooks')).toEqual(webhooks.slice(1));
    await app.run(WebhookDeletion);
    expect(await app.database.rows('select id from webhooks where tenant_id = $1', [world.tenantId])).toEqual(
      [{ id: webhooks[1] }],
    );
    const entries = await app.database.rows<{ action: string; subject_id: string }>(
      `select action, subject_id from audit_events where tenant_id = $1 and request_id = 'leaving' order by action`,
      [world.tenantId],
    );
    expect(entries).toEqual([
      { action: 'api-key.revoked', subject_id: keys[0]!.id },
      { action: 'operator.updated', subject_id: admin.id },
      { action: 'webhook.deleted', subject_id: created.createdWebhooks[0]!.id },
    ]);
    expect((await changing(world, admin, change).expect(200)).body).toMatchObject({
      createdApiKeys: [],
      createdWebhooks: [],
    });
  });

  it('takes nothing along when the change is refused, or does not deactivate', async () => {
    const { world, admin, keys } = await leaver();
    await invalid(changing(world, admin, { revokeKeys: true }), 'revokeKeys');
    await invalid(changing(world, admin, { isActive: true, revokeKeys: true }), 'revokeKeys');
    await invalid(changing(world, admin, { isActive: false, revokeKeys: 'yes' }), 'revokeKeys');
    await changing(world, { ...admin, id: world.admin['X-Operator-Id']! }, { role: 'MANAGER' }).expect(200);
    const last = app.call('patch', `/operators/${admin.id}`, admin.headers);
    await refused(last.send({ isActive: false, revokeKeys: true }), 'LAST_ADMIN');
    await app.call('get', '/tenant', { Authorization: `Bearer ${keys[0]!.key}` }).expect(200);
  });
});
