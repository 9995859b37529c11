import { randomUUID } from 'node:crypto';
import { TestApplication, type Headers } from './support/application.js';
import { refused } from './support/refused.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
let world: World;
let other: World;
let operator: Person;
beforeAll(async () => {
  app = await TestApplication.start();
  [world, other] = [await World.create(app), await World.create(app)];
  operator = await world.operator();
});
afterAll(() => app.stop());

const own = (headers: Headers) => app.call('get', '/tenant', headers);
const tenant = () => ({ 'X-Tenant-Id': world.tenantId });
const platform = { Authorization: `Bearer ${PLATFORM_KEY}` };

describe('gateway headers', () => {
  it('identify an operator', async () => {
    const { body } = await own(operator.headers).expect(200);
    expect(body).toMatchObject({ id: world.tenantId });
    const { body: me } = await app.call('get', `/operators/${operator.id}`, operator.headers).expect(200);
    expect(me).toMatchObject({ id: operator.id, role: 'OPERATOR' });
  });

  it('identify a service', async () => {
    const { body } = await own({ ...tenant(), 'X-Service': 'orchestrator-1.eu_west' }).expect(200);
    expect(body).toMatchObject({ id: world.tenantId });
  });

  it('may have ids in upper or lower case', async () => {
    const headers = Object.entries(operator.headers).map(([name, id]) => [name, id.toUpperCase()]);
    const me = { ...(Object.fromEntries(headers) as Headers) };
    await app.call('get', `/operators/${operator.id}`, me).expect(200);
    await world.setStatus(operator, 'AVAILABLE', me);
  });

  it.each<[string, () => Headers]>([
    ['nothing at all', () => ({})],
    ['a tenant alone', () => tenant()],
    ['an operator alone', () => ({ 'X-Operator-Id': operator.id })],
    ['a service alone', () => ({ 'X-Service': 'orchestrator' })],
    ['both kinds at once', () => ({ ...operator.headers, 'X-Service': 'orchestrator' })],
    ['both kinds, one of them empty', () => ({ ...operator.headers, 'X-Service': '' })],
    ['an unknown tenant with an operator', () => ({ ...operator.headers, 'X-Tenant-Id': randomUUID() })],
    ['an unknown tenant with a service', () => ({ ...world.orchestrator, 'X-Tenant-Id': randomUUID() })],
    ['an unknown operator', () => ({ ...tenant(), 'X-Operator-Id': randomUUID() })],
    ['an operator of another tenant', () => ({ ...other.admin, 'X-Tenant-Id': world.tenantId })],
    ['a malformed tenant', () => ({ ...operator.headers, 'X-Tenant-Id': 'acme' })],
    [
      'a tenant given twice',
      () => ({ ...operator.headers, 'X-Tenant-Id': `${world.tenantId}, ${world.tenantId}` }),
    ],
    ['a malformed operator', () => ({ ...tenant(), 'X-Operator-Id': "' or true --" })],
    ['an empty operator', () => ({ ...tenant(), 'X-Operator-Id': '' })],
    ['an empty service', () => ({ ...tenant(), 'X-Service': '' })],
    ['a service with a strange name', () => ({ ...tenant(), 'X-Service': 'a b<script>' })],
    ['a service with an endless name', () => ({ ...tenant(), 'X-Service': 's'.repeat(65) })],
    ['a wrong bearer', () => ({ Authorization: 'Bearer guessed' })],
    ['the platform key and an operator', () => ({ ...platform, ...operator.headers })],
    ['the platform key and a service', () => ({ ...platform, ...world.orchestrator })],
    ['the platform key and a tenant', () => ({ ...platform, ...tenant() })],
    ['the platform key without its scheme', () => ({ Authorization: PLATFORM_KEY })],
    ['the platform key in basic', () => ({ Authorization: `Basic ${PLATFORM_KEY}` })],
    ['a part of the platform key', () => ({ Authorization: `Bearer ${PLATFORM_KEY.slice(0, -1)}` })],
  ])('with %s get the same 401', async (_what, headers) => {
    const responses = [own(headers()), app.call('get', '/tenants', headers())];
    for (const response of responses) {
      const { body, headers: sent } = await response;
      expect(body).toEqual(unauthenticated(body as object));
      expect(sent['www-authenticate']).toBe('Bearer');
    }
  });

  it('do not admit a deactivated operator', async () => {
    const gone = await world.operator();
    await world.deactivate(gone);
    await refused(own(gone.headers), 'OPERATOR_INACTIVE');
    await app.call('patch', `/operators/${gone.id}`, world.admin).send({ isActive: true }).expect(200);
    await own(gone.headers).expect(200);
  });

  it('follow a change of role at once', async () => {
    const rising = await world.operator();
    await refused(app.call('get', '/operators', rising.headers), 'FORBIDDEN');
    await app.call('patch', `/operators/${rising.id}`, world.admin).send({ role: 'MANAGER' }).expect(200);
    await app.call('get', '/operators', rising.headers).expect(200);
  });

  it('are required even if a body or a query names the caller', async () => {
    const named = { tenantId: world.tenantId, operatorId: operator.id, role: 'ADMIN' };
    await refused(app.call('get', '/tenant').query(named), 'UNAUTHENTICATED');
    await refused(app.call('post', '/operators').send({ ...named, name: 'Eve' }), 'UNAUTHENTICATED');
  });
});

describe('the platform key', () => {
  it('may list tenants', async () => {
    const { body } = await app.call('get', '/tenants', platform).expect(200);
    expect((body as { data: { id: string }[] }).data.map(({ id }) => id)).toEqual(
      expect.arrayContaining([world.tenantId, other.tenantId]),
    );
    await app.call('get', '/tenants', { Authorization: `bearer ${PLATFORM_KEY}` }).expect(200);
  });

  it.each(['/tenant', '/conversations', '/operators', '/inboxes', '/allocation/queue'])(
    'gives no access to a tenant: %s',
    async (path) => {
      await refused(app.call('get', path, platform), 'FORBIDDEN');
    },
  );

  it('admits nobody when no key is configured', async () => {
    const keyless = await TestApplication.start({ PLATFORM_API_KEY: '' });
    try {
      await refused(keyless.call('get', '/tenants', platform), 'UNAUTHENTICATED');
      await refused(keyless.call('get', '/tenants', { Authorization: 'Bearer ' }), 'UNAUTHENTICATED');
      await refused(keyless.call('get', '/tenants', { Authorization: 'Bearer null' }), 'UNAUTHENTICATED');
    } finally {
      await keyless.stop();
    }
  });
});

/** Every 401 says the same, so that none tells which part was wrong. */
function unauthenticated(body: object): object {
  const { requestId, instance } = body as { requestId: string; instance: string };
  return {
    type: 'urn:inbox-allocation:problem:unauthenticated',
    title: 'Unauthenticated',
    status: 401,
    detail: 'Send valid credentials. See "Who is calling" in the documentation.',
    code: 'UNAUTHENTICATED',
    instance,
    requestId,
  };
}

describe('with GATEWAY_SECRET, gateway headers', () => {
  const SECRET = 'Zr7vQ2m9xT4kWc81';
  let guarded: TestApplication;
  beforeAll(async () => {
    guarded = await app.another({ GATEWAY_SECRET: SECRET });
  });
  afterAll(() => guarded.stop());

  it.each<[string, Headers]>([
    ['without it', {}],
    ['with another one', { 'X-Gateway-Secret': 'Zr7vQ2m9xT4kWc82' }],
    ['with a part of it', { 'X-Gateway-Secret': SECRET.slice(0, -1) }],
    ['with none', { 'X-Gateway-Secret': '' }],
  ])('%s are believed from nobody', async (_, secret) => {
    await refused(guarded.call('get', '/tenant', { ...operator.headers, ...secret }), 'UNAUTHENTICATED');
  });

  it('are believed from the gateway', async () => {
    const headers = { ...operator.headers, 'X-Gateway-Secret': SECRET };
    await guarded.call('get', '/tenant', headers).expect(200);
  });
});
