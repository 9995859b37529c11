import type { NewApiKey } from '../src/api-keys/api-key.js';
import { DeadlineExpiry } from '../src/deadlines/deadline-expiry.js';
import { DistributionSweep } from '../src/distribution/distribution-sweep.js';
import type { TenantResponse } from '../src/tenants/tenant.js';
import { Deliverer } from '../src/webhooks/deliverer.js';
import { TestApplication, type Headers } from './support/application.js';
import { follow } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { PLATFORM_KEY } from './support/settings.js';
import { signatureOf } from './support/signed.js';
import { StreamReader } from './support/stream-reader.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

const PLATFORM = { Authorization: `Bearer ${PLATFORM_KEY}` };

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start({ STREAM_POLL_INTERVAL_MS: '20', STREAM_HEARTBEAT_SECONDS: '1' });
});
afterAll(() => app.stop());

const changing = ({ tenantId }: World, change: object) =>
  app.call('patch', `/tenants/${tenantId}`, PLATFORM).send(change);
const suspend = (world: World, isSuspended = true) => changing(world, { isSuspended }).expect(200);
const keyOf = async (world: World, request: object): Promise<NewApiKey> =>
  (await app.call('post', '/api-keys', world.admin).send(request).expect(201)).body as NewApiKey;

describe('the platform', () => {
  it('reads and changes a tenant', async () => {
    const world = await World.create(app);
    const read = async () =>
      (await app.call('get', `/tenants/${world.tenantId}`, PLATFORM).expect(200)).body as TenantResponse;
    const before = await read();
    expect(before).toMatchObject({ id: world.tenantId, externalId: null, isSuspended: false });
    const change = { name: 'Renamed', externalId: `org-${world.tenantId}` };
    const { body } = await changing(world, change).expect(200);
    expect(body).toMatchObject({ ...before, ...change, updatedAt: expect.any(String) });
    expect(await read()).toEqual(body);
    expect((await changing(world, {}).expect(200)).body).toMatchObject(change);
    expect((await changing(world, { externalId: null }).expect(200)).body).toMatchObject({
      externalId: null,
    });
    const tenants = await follow<TenantResponse>(app, '/tenants', PLATFORM, { limit: 100 });
    expect(tenants.find(({ id }) => id === world.tenantId)).toEqual(await read());
  });

  it('gives an external id to one tenant', async () => {
    const [one, other] = [await World.create(app), await World.create(app)];
    const externalId = `org-${one.tenantId}`;
    await changing(one, { externalId }).expect(200);
    await refused(changing(other, { externalId }), 'ALREADY_EXISTS');
    const creating = { name: 'Acme', externalId, admin: { name: 'Ada' } };
    await refused(app.call('post', '/tenants', PLATFORM).send(creating), 'ALREADY_EXISTS');
    const { body } = await app
      .call('post', '/tenants', PLATFORM)
      .send({ ...creating, externalId: `${externalId}-2` })
      .expect(201);
    expect(body).toMatchObject({ tenant: { externalId: `${externalId}-2` } });
  });

  it.each([
    { name: null },
    { name: '' },
    { isSuspended: null },
    { isSuspended: 'yes' },
    { externalId: '' },
    { alpha: 1 },
  ])('is refused with %j', async (wrong) => {
    await invalid(changing(await World.create(app), wrong), ...Object.keys(wrong));
  });
});

describe('a suspended tenant', () => {
  it('refuses each of its callers, everywhere, until it is not suspended any more', async () => {
    const world = await World.create(app);
    const [key, signing] = [
      await keyOf(world, { name: 'orchestrator' }),
      await keyOf(world, { name: 'signing', requestSigning: true }),
    ];
    const people: Headers[] = [world.admin, (await world.operator()).headers, world.orchestrator];
    people.push({ Authorization: `Bearer ${key.key}` });
    await suspend(world);
    for (const headers of people) {
      for (const path of ['/tenant', '/conversations', '/events', '/events/stream'])
        await refused(app.call('get', path, headers), 'TENANT_SUSPENDED');
    }
    await refused(app.call('post', '/allocation/allocate', world.admin).send({}), 'TENANT_SUSPENDED');
    await refused(app.call('post', '/orchestrator/messages', people[3]).send({}), 'TENANT_SUSPENDED');
    const signature = signatureOf(signing.signingSecret!);
    const signed = { Authorization: `Bearer ${signing.key}`, ...signature };
    await refused(app.call('get', '/tenant', signed), 'TENANT_SUSPENDED');
    const forged = { ...signed, 'webhook-signature': 'r1,AAAA' };
    await refused(app.call('get', '/tenant', forged), 'UNAUTHENTICATED');
    // Who is not known is told nothing.
    const stranger = { ...world.admin, 'X-Operator-Id': world.tenantId };
    await refused(app.call('get', '/tenant', stranger), 'UNAUTHENTICATED');
    await suspend(world, false);
    for (const headers of people) await app.call('get', '/tenant', headers).expect(200);
  });

  it('ends its event streams, of operators, keys and gateway services', async () => {
    const [world, other] = [await World.create(app), await World.create(app)];
    const key = await keyOf(world, { name: 'orchestrator' });
    const callers = [world.admin, world.orchestrator, { Authorization: `Bearer ${key.key}` }];
    const readers: StreamReader[] = [];
    for (const headers of [...callers, other.admin]) readers.push(await StreamReader.open(app.url, headers));
    for (const reader of readers) await reader.until(({ comments }) => comments > 0);
    const staying = readers.pop()!;
    await suspend(world);
    for (const reader of readers) await reader.until(({ hasEnded }) => hasEnded);
    expect(staying.hasEnded).toBe(false);
    staying.close();
  });

  it('lets its background work rest, and goes on with it later', async () => {
    const world = await World.create(app, { gracePeriodSeconds: 0 });
    const other = await World.create(app);
    const push = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const pull = await world.inbox();
    const present = await world.operator({ inboxes: [push], status: 'OFFLINE' });
    const holder = await world.operator({ inboxes: [pull] });
    const held = await world.allocated(pull, holder);
    const waiting = await world.queued(push);
    for (const { admin } of [world, other])
      await app.call('post', '/webhooks', admin).send({ url: 'https://93.184.215.14/x' }).expect(201);
    await world.queued(pull);
    await suspend(world);
    // As if they had come due while it is suspended.
    await app.database.rows(
      `insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at) values ($1, $2, 'GRACE', $3, now())`,
      [world.tenantId, held.id, holder.id],
    );
    await app.database.rows(
      `update operators set availability = 'OFFLINE' where tenant_id = $1 and id = $2`,
      [world.tenantId, holder.id],
    );
    await app.database.rows(
      `update operators set availability = 'AVAILABLE' where tenant_id = $1 and id = $2`,
      [world.tenantId, present.id],
    );
    const state = () =>
      app.database.rows(
        `select c.id, c.state, w.position from conversations c, webhooks w
        where c.tenant_id = $1 and w.tenant_id = $1 order by 1`,
        [world.tenantId],
      );
    const before = await state();
    const work = async () => {
      for (const job of [DeadlineExpiry, DistributionSweep]) await app.run(job);
      const rows = await app.database.rows<{ tenant_id: string }>(
        'select tenant_id from tenants_with_webhook_work(1000)',
      );
      return rows.some(({ tenant_id }) => tenant_id === world.tenantId);
    };
    expect(await work()).toBe(false);
    expect(await app.nest.get(Deliverer).runOnce()).toBe(0);
    expect(await state()).toEqual(before);
    await suspend(world, false);
    expect(await work()).toBe(true);
    await until(async () => (await world.conversation(held.id)).state === 'QUEUED');
    expect(await world.conversation(waiting.id)).toMatchObject({ state: 'ALLOCATED' });
  });
});
