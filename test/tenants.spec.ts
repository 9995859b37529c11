import type { SettingsResponse, NewTenant, TenantResponse } from '../src/tenants/tenant.js';
import type { TenantSettings } from '../src/tenants/tenant-requests.js';
import { TestApplication } from './support/application.js';
import { changesNothing } from './support/behind.js';
import { follow, page } from './support/pages.js';
import { invalid, refused } from './support/refused.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start({
    PRIORITY_ALPHA: '0.25',
    PRIORITY_BETA: '0.75',
    GRACE_PERIOD_SECONDS: '60',
  });
});
afterAll(() => app.stop());

const PLATFORM = { Authorization: `Bearer ${PLATFORM_KEY}` };
const FROM_ENVIRONMENT: SettingsResponse = {
  alpha: 0.25,
  beta: 0.75,
  normalization: 'FIXED',
  maxMessageCount: 100,
  maxDelayMinutes: 1440,
  candidateWindow: 100,
  delayBasis: 'LAST_MESSAGE',
  countBasis: 'WAITING',
  gracePeriodSeconds: 60,
  declineSeconds: 900,
  presenceTimeoutSeconds: null,
  operatorsMayHandOver: true,
  missesBeforePause: 2,
  maxParked: 20,
  retentionDays: null,
  backlogPerMinute: 10,
  unattendedSeconds: 60,
  autoSubscribe: false,
  defaultMaxLoad: null,
  defaultInboxId: null,
};
const creating = (request: object) => app.call('post', '/tenants', PLATFORM).send(request);

describe('creating a tenant', () => {
  it('uses the defaults of the environment and creates the first ADMIN', async () => {
    const { body } = await creating({
      name: 'Acme',
      admin: { name: 'Ada', email: 'ada@acme.example' },
    }).expect(201);
    const { tenant, admin } = body as NewTenant;

    expect(tenant).toMatchObject({ name: 'Acme', settings: FROM_ENVIRONMENT });
    expect(admin).toMatchObject({
      tenantId: tenant.id,
      name: 'Ada',
      email: 'ada@acme.example',
      role: 'ADMIN',
      maxLoad: null,
      isActive: true,
      status: 'OFFLINE',
    });
    const headers = { 'X-Tenant-Id': tenant.id, 'X-Operator-Id': admin.id };
    expect((await app.call('get', '/tenant', headers).expect(200)).body).toEqual(tenant);
    expect((await app.call('get', `/operators/${admin.id}`, headers).expect(200)).body).toEqual(admin);
  });

  it('accepts settings, with the environment for the others', async () => {
    const settings = { alpha: 0, delayBasis: 'WAITING_SINCE', defaultMaxLoad: 4, maxDelayMinutes: null };
    const { body } = await creating({ name: 'Acme', admin: { name: 'Ada' }, settings }).expect(201);
    const { tenant, admin } = body as NewTenant;
    expect(tenant.settings).toEqual({ ...FROM_ENVIRONMENT, ...settings });
    expect([admin.maxLoad, admin.email]).toEqual([4, null]);
  });

  it.each([
    ['admin', { name: 'Acme' }],
    ['name', { name: '', admin: { name: 'Ada' } }],
    ['admin.name', { name: 'Acme', admin: {} }],
    ['admin.email', { name: 'Acme', admin: { name: 'Ada', email: 'ada' } }],
    ['alpha', { name: 'Acme', admin: { name: 'Ada' }, settings: { alpha: 0, beta: 0 } }],
    ['settings.beta', { name: 'Acme', admin: { name: 'Ada' }, settings: { beta: -1 } }],
    ['settings', { name: 'Acme', admin: { name: 'Ada' }, settings: null }],
    ['plan', { name: 'Acme', admin: { name: 'Ada' }, plan: 'free' }],
  ])('is refused with a wrong %s', async (field, request) => {
    await invalid(creating(request), field);
  });

  it('is for the platform, which has no rights inside a tenant', async () => {
    const { admin, orchestrator } = await World.create(app);
    for (const headers of [admin, orchestrator]) {
      await refused(app.call('post', '/tenants', headers).send({}), 'FORBIDDEN');
      await refused(app.call('get', '/tenants', headers), 'FORBIDDEN');
    }
    await refused(app.call('get', '/tenant', PLATFORM), 'FORBIDDEN');
    await refused(app.call('get', '/conversations', PLATFORM), 'FORBIDDEN');
  });

  it('adds it to the list, oldest first, in pages', async () => {
    const made = [];
    for (let i = 0; i < 5; i++) made.push((await World.create(app)).tenantId);
    const tenants = await follow<TenantResponse>(app, '/tenants', PLATFORM, { limit: 2 });
    const ids = tenants.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.slice(-5)).toEqual(made);
    expect(await page(app, '/tenants', PLATFORM, { limit: 100 })).toMatchObject({ data: tenants });
    await refused(app.call('get', '/tenants?cursor=x', PLATFORM), 'INVALID_CURSOR');
  });
});

describe('the settings of a tenant', () => {
  const changing = (world: World, settings: unknown) =>
    app.call('patch', '/tenant/settings', world.admin).send(settings as object);

  const CHANGES: Required<Omit<TenantSettings, 'defaultInboxId'>> = {
    alpha: 1.5,
    beta: 0,
    normalization: 'FIXED',
    maxMessageCount: 7,
    maxDelayMinutes: 90,
    candidateWindow: 10,
    delayBasis: 'WAITING_SINCE',
    countBasis: 'TOTAL',
    gracePeriodSeconds: 0,
    declineSeconds: 60,
    presenceTimeoutSeconds: 90,
    operatorsMayHandOver: false,
    missesBeforePause: 3,
    maxParked: 7,
    retentionDays: 30,
    backlogPerMinute: null,
    unattendedSeconds: 30,
    autoSubscribe: true,
    defaultMaxLoad: 3,
  };

  it.each(Object.entries(CHANGES))('change by %s alone', async (name, value) => {
    const world = await World.create(app);
    const { body } = await changing(world, { [name]: value }).expect(200);
    const tenant = body as TenantResponse;
    expect(tenant.settings).toEqual({ ...FROM_ENVIRONMENT, [name]: value });
    expect((await app.call('get', '/tenant', world.orchestrator).expect(200)).body).toEqual(tenant);
    expect(tenant.updatedAt > tenant.createdAt).toBe(true);
  });

  it('change all together, and back to no limit', async () => {
    const world = await World.create(app);
    expect((await changing(world, CHANGES).expect(200)).body).toMatchObject({ settings: CHANGES });
    const unlimited = { maxDelayMinutes: null, defaultMaxLoad: null };
    const { body } = await changing(world, unlimited).expect(200);
    expect(body).toMatchObject({ settings: { ...CHANGES, ...unlimited } });
  });

  it.each([
    { alpha: -0.1 },
    { alpha: '1' },
    { beta: null },
    { beta: 1_000_001 },
    { normalization: 'NONE' },
    { maxMessageCount: 0 },
    { maxMessageCount: 1.5 },
    { maxMessageCount: null },
    { maxDelayMinutes: 0 },
    { candidateWindow: 0 },
    { delayBasis: 'FIRST_MESSAGE' },
    { gracePeriodSeconds: -1 },
    { autoSubscribe: 'yes' },
    { defaultMaxLoad: 0 },
    { unattendedSeconds: 0 },
    { unattendedSeconds: 86_401 },
    { gamma: 1 },
    { name: 'Other' },
  ])('are refused as a whole with %j', async (wrong) => {
    const world = await World.create(app);
    await changesNothing(world, () =>
      invalid(changing(world, { candidateWindow: 5, ...wrong }), ...Object.keys(wrong)),
    );
  });

  it('refuse both weights 0, even one after the other', async () => {
    const world = await World.create(app);
    await invalid(changing(world, { alpha: 0, beta: 0 }), 'alpha');
    await changing(world, { alpha: 0 }).expect(200);
    await changesNothing(world, () => invalid(changing(world, { beta: 0 }), 'alpha'));
    await changing(world, { alpha: 1, beta: 0 }).expect(200);
  });

  it('do not change with an empty change', async () => {
    const world = await World.create(app);
    const { body } = await changing(world, {}).expect(200);
    expect(body).toMatchObject({ settings: FROM_ENVIRONMENT });
    await app.call('patch', '/tenant/settings', world.admin).expect(200);
    await invalid(app.call('patch', '/tenant/settings', world.admin).type('json').send('null'), 'body');
  });

  it('work with extreme weights', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    await invalid(changing(world, { alpha: 1_000_000, beta: 1e-308 }), 'beta');
    await invalid(changing(world, { alpha: 5e-324, beta: 1 }), 'alpha');
    await invalid(changing(world, { alpha: 1, beta: 9e-7 }), 'beta');
    await changing(world, { alpha: 1e-6, beta: 1_000_000 }).expect(200);
    const operator = await world.operator({ inboxes: [inbox] });
    await world.queued(inbox, { messages: 5, minutesAgo: 1 });
    const { id } = await world.queued(inbox, { minutesAgo: 2 });
    expect(await world.allocate(operator)).toMatchObject({ id });
  });

  it('may be changed by the ADMIN and read by everybody', async () => {
    const world = await World.create(app);
    const people = [await world.operator(), await world.operator({ role: 'MANAGER' })];
    for (const headers of [...people.map((person) => person.headers), world.orchestrator]) {
      await refused(app.call('patch', '/tenant/settings', headers).send({ alpha: 1 }), 'FORBIDDEN');
      await app.call('get', '/tenant', headers).expect(200);
    }
  });
});
