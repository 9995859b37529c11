import { DataSource } from 'typeorm';
import { migrationDataSource } from '../src/database/data-source.js';
import { Database } from '../src/database/database.js';
import { DEMO } from '../src/demo/demo-data.js';
import { deleteTenant } from '../src/demo/delete-tenant.js';
import { TestApplication } from './support/application.js';
import { fillTenant } from './support/full-tenant.js';
import { runBuilt } from './support/migrating.js';
import { serviceVariables } from './support/settings.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeEach(async () => {
  app = await TestApplication.start();
});
afterEach(() => app.stop());

const NAMED = `tenant "Demo Tenant" (${DEMO.tenant.id})`;
const LOADED = `Loaded the ${NAMED}: 4 operators, 3 inboxes, 7 conversations.`;

const demo = (args: string[] = [], changes: Record<string, string> = {}) =>
  runBuilt('demo/load-demo-data.js', args, serviceVariables(app.database.url, changes));

/** How many rows the tenant has in each table that has any. */
async function rowsOf(tenantId: string): Promise<Record<string, number>> {
  const tables = await app.database.rows<{ name: string; key: string }>(`
    select c.relname as name, case c.relname when 'tenants' then 'id' else 'tenant_id' end as key from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and c.relname not in ('migrations', 'sql_files')`);
  const found: Record<string, number> = {};
  for (const { name, key } of tables) {
    const rows = await app.database.rows(`select 1 from ${name} where ${key} = $1`, [tenantId]);
    if (rows.length > 0) found[name] = rows.length;
  }
  return found;
}

describe('demo', () => {
  it('loads the demo tenant once, even next to other tenants', async () => {
    await World.create(app);
    expect(await demo(['--if-empty'])).toMatchObject({
      code: 0,
      said: ['The database has tenants already. Nothing was loaded.'],
    });
    expect(await demo()).toMatchObject({ code: 0, said: [LOADED] });
    expect(await demo()).toMatchObject({
      code: 0,
      said: [`The ${NAMED} exists already. Use --reset to create it again.`],
    });
  });

  it('deletes the demo tenant with all its rows and loads it again', async () => {
    await demo();
    const fresh = await rowsOf(DEMO.tenant.id);
    const [olivia, ada] = [DEMO.operators[0]!, DEMO.operators[3]!].map(({ id }) => ({
      'x-tenant-id': DEMO.tenant.id,
      'x-operator-id': id,
    }));
    const carla = DEMO.conversations[0]!.id;
    await app.call('post', '/allocation/claim', olivia).send({ conversationId: carla }).expect(200);
    await app.call('post', '/api-keys', ada).send({ name: 'shop' }).expect(201);
    await app.call('get', '/events', ada).expect(200);
    expect(await rowsOf(DEMO.tenant.id)).not.toEqual(fresh);

    expect(await demo(['--reset', '--yes'])).toMatchObject({ code: 0, said: [LOADED] });

    expect(await rowsOf(DEMO.tenant.id)).toEqual(fresh);
    const { body } = await app.call('get', `/conversations/${carla}`, ada).expect(200);
    expect(body).toMatchObject({ state: 'QUEUED', version: 1 });
    expect(await runBuilt('verification/verify.js', [], serviceVariables(app.database.url))).toMatchObject({
      code: 0,
      said: ['1 tenant verified: no breach.'],
    });
  });

  it('loads it when there is nothing to delete', async () => {
    expect(await demo(['--reset'])).toMatchObject({ code: 0, said: [LOADED] });
  });

  it('deletes nothing without a yes', async () => {
    await demo();
    const before = await rowsOf(DEMO.tenant.id);
    const { code, told } = await demo(['--reset']);
    expect(code).toBe(1);
    expect(told.join()).toContain(`This deletes the ${NAMED} and all its data from database `);
    expect(await rowsOf(DEMO.tenant.id)).toEqual(before);
  });

  it('is refused in production', async () => {
    const { code, told } = await demo(['--reset', '--yes'], { NODE_ENV: 'production' });
    expect({ code, told }).toEqual({
      code: 1,
      told: ['NODE_ENV is production: the demo tenant does not belong among real tenants'],
    });
  });
});

describe('deleting a tenant', () => {
  it('deletes its rows in every table and no row of another tenant', async () => {
    const doomed = await fillTenant(await World.create(app), 'doomed');
    const neighbour = await fillTenant(await World.create(app), 'neighbour');
    const before = await rowsOf(neighbour.world.tenantId);
    expect(Object.keys(await rowsOf(doomed.world.tenantId))).toEqual(Object.keys(before));

    const source = await new DataSource(migrationDataSource({ adminUrl: app.database.url })).initialize();
    try {
      const { tenantId } = doomed.world;
      await new Database(source).inTenant(tenantId, (tx) => deleteTenant(tx, tenantId));
    } finally {
      await source.destroy();
    }

    expect(await rowsOf(doomed.world.tenantId)).toEqual({});
    expect(await rowsOf(neighbour.world.tenantId)).toEqual(before);
  });
});
