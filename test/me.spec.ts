import type { Me } from '../src/tenants/me.js';
import { TestApplication, type Headers } from './support/application.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const me = async (headers: Headers) => (await app.call('get', '/me', headers).expect(200)).body as Me;

describe('GET /me', () => {
  it.each(['OPERATOR', 'MANAGER', 'ADMIN'] as const)(
    'tells an operator with the role %s so',
    async (role) => {
      const world = await World.create(app);
      const { id, headers } = await world.operator({ role, name: 'Mona' });
      const { body: tenant } = await app.call('get', '/tenant', world.admin).expect(200);
      expect(await me(headers)).toEqual({
        type: 'OPERATOR',
        role,
        operatorId: id,
        operatorName: 'Mona',
        serviceName: null,
        tenantId: world.tenantId,
        tenantName: tenant.name,
      });
    },
  );

  it('knows the role that somebody has now', async () => {
    const world = await World.create(app);
    const { id, headers } = await world.operator();
    await app.call('patch', `/operators/${id}`, world.admin).send({ role: 'MANAGER' }).expect(200);
    expect(await me(headers)).toMatchObject({ role: 'MANAGER' });
  });

  it('tells a service by which name it acts, by its key or its gateway', async () => {
    const world = await World.create(app);
    const ofService = { type: 'SERVICE', role: null, operatorId: null, operatorName: null };
    expect(await me(await world.service(['read']))).toMatchObject({ ...ofService, serviceName: 'with read' });
    const byGateway = { 'x-tenant-id': world.tenantId, 'x-service': 'shop' };
    expect(await me(byGateway)).toMatchObject({
      ...ofService,
      serviceName: 'shop',
      tenantId: world.tenantId,
    });
  });

  it('tells the platform that it belongs to no tenant', async () => {
    const { body } = await app.call('get', '/me', { Authorization: `Bearer ${PLATFORM_KEY}` }).expect(403);
    expect(body.detail).toContain('You are calling as PLATFORM.');
  });
});
