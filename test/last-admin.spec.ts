import { Database } from '../src/database/database.js';
import { rowsOf, sql } from '../src/database/statement.js';
import type { UpdateOperator } from '../src/operators/operator-requests.js';
import type { OperatorResponse } from '../src/operators/operator.js';
import { keepAnAdmin } from '../src/operators/last-admin.js';
import { OperatorsService } from '../src/operators/operators.service.js';
import { TestApplication } from './support/application.js';
import { changesNothing } from './support/behind.js';
import { atOnce } from './support/instances.js';
import { refused } from './support/refused.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World, type Person } from './support/world.js';

const PLATFORM = { Authorization: `Bearer ${PLATFORM_KEY}` };
const TRIES = 1_000;
/** Pairs of ADMINs that race at the same time. */
const RACES = 10;

const COUNT_AND_RESTORE = `
  update operators o set role = 'ADMIN', is_active = true
  from (
    select count(*)::integer as admins from operators
    where tenant_id = $1 and role = 'ADMIN' and is_active) active
  where tenant_id = $1
  returning active.admins`;

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const changing = (world: World, id: string, change: object) =>
  app.call('patch', `/operators/${id}`, world.admin).send(change);
const adminOf = (world: World) => world.admin['X-Operator-Id']!;

describe('the last active ADMIN', () => {
  it.each([
    ['is not demoted', { role: 'MANAGER' }],
    ['is not deactivated', { isActive: false }],
    ['is neither, beside another change', { name: 'Ada', maxLoad: 3, role: 'OPERATOR', isActive: false }],
  ])('%s', async (_name, change) => {
    const world = await World.create(app);
    await world.operator({ role: 'MANAGER' });
    await changesNothing(world, () => refused(changing(world, adminOf(world), change), 'LAST_ADMIN'));
  });

  it('can change everything else, and others can be demoted and deactivated', async () => {
    const world = await World.create(app);
    const other = await world.operator({ role: 'ADMIN' });
    await changing(world, adminOf(world), { name: 'Ada', role: 'ADMIN', isActive: true }).expect(200);
    await changing(world, other.id, { role: 'MANAGER' }).expect(200);
    await changing(world, other.id, { isActive: false }).expect(200);
    await changing(world, other.id, { role: 'ADMIN' }).expect(200);
    // A deactivated ADMIN is none who could help.
    await refused(changing(world, adminOf(world), { isActive: false }), 'LAST_ADMIN');
    await changing(world, other.id, { isActive: true }).expect(200);
    await changing(world, adminOf(world), { isActive: false }).expect(200);
    await refused(
      app.call('patch', `/operators/${other.id}`, other.headers).send({ role: 'OPERATOR' }),
      'LAST_ADMIN',
    );
  });
});

const DEMOTE = sql`update operators set role = 'MANAGER' where tenant_id = $1 and id = $2`;

/** A tenth of the tries are whole requests; the others are the guard and the change alone. */
function changes(world: World, i: number): (id: string, by: string) => Promise<unknown> {
  const { tenantId } = world;
  if (i % 10 > 0) {
    return (id) =>
      app.nest.get(Database).inTenant(tenantId, async (tx) => {
        await keepAnAdmin(tx, tenantId, id, { role: 'MANAGER' });
        await rowsOf(tx, DEMOTE, [tenantId, id]);
      });
  }
  const change: UpdateOperator = i % 20 === 0 ? { isActive: false } : { role: 'OPERATOR' };
  return (id, by) => {
    const admin = { kind: 'operator', tenantId, operatorId: by, role: 'ADMIN' } as const;
    return app.nest.get(OperatorsService).update(admin, id, change);
  };
}

it('two ADMINs who demote or deactivate each other leave one, in a thousand tries', async () => {
  await atOnce(RACES, async () => {
    const world = await World.create(app);
    const grace = (await world.operator({ role: 'ADMIN', status: 'OFFLINE' })).id;
    const ada = adminOf(world);
    for (let i = 0; i < TRIES / RACES; i++) {
      const change = changes(world, i);
      const results = await Promise.allSettled([change(grace, ada), change(ada, grace)]);
      const refusals = results.flatMap((result) =>
        result.status === 'rejected' ? [result.reason as unknown] : [],
      );
      expect(refusals).toEqual([expect.objectContaining({ code: 'LAST_ADMIN' })]);
      const left = await app.database.rows<{ admins: number }>(COUNT_AND_RESTORE, [world.tenantId]);
      expect(left).toEqual([{ admins: 1 }, { admins: 1 }]);
    }
  });
}, 120_000);

async function activeAdmins(tenantId: string): Promise<string[]> {
  const rows = await app.database.rows<{ id: string }>(
    `select id from operators where tenant_id = $1 and role = 'ADMIN' and is_active`,
    [tenantId],
  );
  return rows.map(({ id }) => id);
}

describe('POST /tenants/{id}/admins', () => {
  const appointing = (tenantId: string, request: object) =>
    app.call('post', `/tenants/${tenantId}/admins`, PLATFORM).send(request);

  it('appoints an ADMIN, who then takes over', async () => {
    const world = await World.create(app, { defaultMaxLoad: 4 });
    const { body } = await appointing(world.tenantId, { name: 'Grace', email: 'grace@acme.example' }).expect(
      201,
    );
    const grace = body as OperatorResponse;
    expect(grace).toMatchObject({
      tenantId: world.tenantId,
      name: 'Grace',
      email: 'grace@acme.example',
      role: 'ADMIN',
      maxLoad: 4,
      isActive: true,
    });
    const headers: Person['headers'] = { 'X-Tenant-Id': world.tenantId, 'X-Operator-Id': grace.id };
    await app
      .call('patch', `/operators/${adminOf(world)}`, headers)
      .send({ isActive: false })
      .expect(200);
    expect((await app.call('get', `/operators/${grace.id}`, headers).expect(200)).body).toEqual(grace);
  });

  it('has one effect with an Idempotency-Key', async () => {
    const world = await World.create(app);
    const request = () =>
      appointing(world.tenantId, { name: 'Grace' }).set('Idempotency-Key', world.tenantId).expect(201);
    expect((await request()).body).toEqual((await request()).body);
    expect(await activeAdmins(world.tenantId)).toHaveLength(2);
  });

  it('is refused for an unknown tenant, an address in use, and everybody but the platform', async () => {
    const world = await World.create(app);
    await refused(appointing('019c8f00-0000-7000-8000-ffffffffffff', { name: 'Grace' }), 'NOT_FOUND');
    await appointing(world.tenantId, { name: 'Grace', email: 'grace@acme.example' }).expect(201);
    await refused(
      appointing(world.tenantId, { name: 'Grace', email: 'grace@acme.example' }),
      'ALREADY_EXISTS',
    );
    const path = `/tenants/${world.tenantId}/admins`;
    await refused(app.call('post', path, world.admin).send({ name: 'Grace' }), 'FORBIDDEN');
  });
});
