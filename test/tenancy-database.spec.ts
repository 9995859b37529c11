import { Client, type DatabaseError } from 'pg';
import { DataSource } from 'typeorm';
import { APPLICATION_ROLE } from '../src/database/data-source.js';
import { Database } from '../src/database/database.js';
import { rowsOf, sql } from '../src/database/statement.js';
import { TestApplication } from './support/application.js';
import { fillTenant, TENANT_TABLES } from './support/full-tenant.js';
import { World } from './support/world.js';

/** Of TypeORM, and of the platform: a tenant is not in a tenant. */
const OF_NO_TENANT = ['migrations', 'tenants'];
const POLICY = `(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)`;

let app: TestApplication;
let mine: World;
let other: World;
/** A connection of the service's role, as one would open it to look around. */
let sneaky: Client;
beforeAll(async () => {
  app = await TestApplication.start();
  [mine, other] = [await World.create(app), await World.create(app)];
  await fillTenant(mine, 'mine');
  await fillTenant(other, 'foreign');
  sneaky = new Client({ connectionString: app.database.url, options: `-c role=${APPLICATION_ROLE}` });
  await sneaky.connect();
});
afterAll(async () => {
  await sneaky.end();
  await app.stop();
});

async function names(text: string): Promise<string[]> {
  return (await app.database.rows<{ name: string }>(text)).map(({ name }) => name);
}

describe('the catalogue', () => {
  it('has only tables that this test knows how to fill', async () => {
    const tables = await names(`select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname collate "C"`);
    expect(tables).toEqual([...TENANT_TABLES, ...OF_NO_TENANT].sort());
  });

  it('gives every table of tenants a tenant_id that is never null', async () => {
    const guarded =
      await names(`select c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relkind in ('r', 'p') and a.attname = 'tenant_id' and a.attnotnull and a.atttypid = 'uuid'::regtype
      order by c.relname collate "C"`);
    expect(guarded).toEqual([...TENANT_TABLES].sort());
  });

  it('begins every primary key, unique constraint, unique index and foreign key with the tenant', async () => {
    const loose = await names(`
      select c.relname || '.' || k.name as name
      from pg_class c
      cross join lateral (
        select conname as name, conkey[1] as first from pg_constraint where conrelid = c.oid and contype in ('p', 'u', 'f')
        union all
        select indexrelid::regclass::text, indkey[0] from pg_index where indrelid = c.oid and indisunique
      ) k
      join pg_attribute a on a.attrelid = c.oid and a.attnum = k.first
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and c.relname not in (${OF_NO_TENANT.map((name) => `'${name}'`).join()}) and a.attname <> 'tenant_id'`);
    expect(loose).toEqual([]);
    const keyless = await names(`select relname as name from pg_class c
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and not exists (select from pg_constraint where conrelid = c.oid and contype = 'p')`);
    expect(keyless).toEqual([]);
  });

  it('lets every foreign key meet tenants with tenants', async () => {
    const crossing = await names(`
      select k.conname as name
      from pg_constraint k
      join pg_attribute a on a.attrelid = k.confrelid and a.attnum = k.confkey[1]
      where k.contype = 'f' and a.attname <> case when k.confrelid = 'tenants'::regclass then 'id' else 'tenant_id' end`);
    expect(crossing).toEqual([]);
  });

  it('enables and forces row-level security on every table, tenants too', async () => {
    const open = await names(`select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname <> 'migrations'
        and not (relrowsecurity and relforcerowsecurity)`);
    expect(open).toEqual([]);
  });

  it('has one policy for everybody on each table, for reading and for writing', async () => {
    const policies = await app.database.rows<Record<string, string>>(`
      select tablename, permissive, cmd, qual, with_check from pg_policies
      where schemaname = 'public' and 'public' = any (roles) order by tablename collate "C"`);
    expect(policies).toEqual(
      [...TENANT_TABLES, 'tenants'].sort().map((tablename) => {
        const qual = tablename === 'tenants' ? POLICY.replace('tenant_id =', 'id =') : POLICY;
        return { tablename, permissive: 'PERMISSIVE', cmd: 'ALL', qual, with_check: qual };
      }),
    );
  });

  it('has views that look with the eyes of the caller', async () => {
    const trusting = await names(`select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')
        and not coalesce(reloptions, '{}') @> '{security_invoker=true}'`);
    expect(trusting).toEqual([]);
  });

  it('lets a few functions look across tenants, which nobody but the service may call', async () => {
    const functions = await app.database.rows(`
      select p.proname as name, pg_get_userbyid(p.proowner) as owner, p.proconfig::text as config,
        has_function_privilege('public', p.oid, 'execute') as public
      from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosecdef order by 1`);
    const shared = { owner: 'inbox_platform', config: '{"search_path=public, pg_temp"}', public: false };
    expect(functions).toEqual([
      { name: 'platform_tenants', ...shared },
      { name: 'tenants_to_fold', ...shared },
      { name: 'tenants_to_rerank', ...shared },
      { name: 'tenants_to_saturate', ...shared },
      { name: 'tenants_with_due_grace_periods', ...shared },
      { name: 'tenants_with_forgotten_conversations', ...shared },
      { name: 'tenants_with_undistributed_conversations', ...shared },
      { name: 'tenants_with_webhook_work', ...shared },
    ]);
  });
});

describe('the role of the service', () => {
  it.each([APPLICATION_ROLE, 'inbox_platform'])('%s has no power of its own', async (role) => {
    const [attributes] = await app.database.rows(
      `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin
      from pg_roles where rolname = $1`,
      [role],
    );
    expect(new Set(Object.values(attributes!))).toEqual(new Set([false]));
    const groups = await app.database.rows(`select 1 from pg_auth_members where member = $1::regrole`, [
      role,
    ]);
    expect(groups).toEqual([]);
  });

  it('owns nothing', async () => {
    const owned = await app.database.rows(
      `select classid::regclass::text, objid from pg_shdepend where refobjid = $1::regrole and deptype = 'o'`,
      [APPLICATION_ROLE],
    );
    expect(owned).toEqual([]);
  });

  it('adds to the ledger and never rewrites it, empties no table and creates none', async () => {
    const may = (table: string, right: string) =>
      app.database.rows<{ may: boolean }>('select has_table_privilege($1, $2, $3) as may', [
        APPLICATION_ROLE,
        table,
        right,
      ]);
    for (const right of ['update', 'delete', 'truncate'])
      expect(await may('conversation_events', right)).toEqual([{ may: false }]);
    for (const right of ['select', 'insert'])
      expect(await may('conversation_events', right)).toEqual([{ may: true }]);
    for (const table of [...TENANT_TABLES, 'tenants'])
      for (const right of ['truncate', 'references', 'trigger'])
        expect(await may(table, right)).toEqual([{ may: false }]);
    await expect(sneaky.query('create table public.notes ()')).rejects.toMatchObject({ code: '42501' });
    await expect(sneaky.query('update conversation_events set reason = reason')).rejects.toMatchObject({
      code: '42501',
    });
    await expect(sneaky.query('delete from conversation_events')).rejects.toMatchObject({ code: '42501' });
  });

  it('is who the connections of the service run as', async () => {
    const source = app.nest.get(DataSource);
    const whoami = `select current_user, current_setting('is_superuser') as superuser, pg_backend_pid() as pid`;
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => source.query<{ pid: number }[]>(whoami)),
    );
    for (const [row] of answers)
      expect(row).toMatchObject({ current_user: APPLICATION_ROLE, superuser: 'off' });
    const [counted] = await app.database.rows<{ count: number }>(
      `select count(*)::integer as count from pg_stat_activity where application_name = 'inbox-allocation' and pid = any ($1)`,
      [answers.map(([row]) => row!.pid)],
    );
    expect(counted!.count).toBeGreaterThan(0);
  });
});

describe('SQL of the service outside of a tenant', () => {
  const visible = async () => {
    let seen = 0;
    for (const table of [...TENANT_TABLES, 'tenants', 'conversation_details']) {
      const { rows } = await sneaky.query<{ count: number }>(
        `select count(*)::integer as count from ${table}`,
      );
      seen += rows[0]!.count;
    }
    return seen;
  };
  const error = (code: string): Partial<DatabaseError> => ({ code });

  it.each<[string, () => Promise<unknown>]>([
    ['with the tenant unset', () => sneaky.query('reset app.tenant_id')],
    ["with the tenant ''", () => sneaky.query(`set app.tenant_id = ''`)],
    ['after a commit', () => sneaky.query(`begin; set local app.tenant_id = '${mine.tenantId}'; commit`)],
    ['after a rollback', () => sneaky.query(`begin; set local app.tenant_id = '${mine.tenantId}'; rollback`)],
  ])('%s sees no row, changes none and adds none', async (_when, prepare) => {
    await prepare();
    expect(await visible()).toBe(0);
    const insert = `insert into inboxes (tenant_id, id, name) values ('${mine.tenantId}', gen_random_uuid(), 'x')`;
    await expect(sneaky.query(insert)).rejects.toMatchObject(error('42501'));
    expect((await sneaky.query(`update conversations set message_count = 1`)).rowCount).toBe(0);
  });

  it('inside a tenant sees that one whole and no other', async () => {
    await sneaky.query(`begin; set local app.tenant_id = '${mine.tenantId}'`);
    try {
      for (const table of [...TENANT_TABLES, 'tenants']) {
        const key = table === 'tenants' ? 'id' : 'tenant_id';
        const { rows } = await sneaky.query<{ key: string }>(`select distinct ${key} as key from ${table}`);
        expect({ table, rows }).toEqual({ table, rows: [{ key: mine.tenantId }] });
      }
    } finally {
      await sneaky.query('rollback');
    }
  });

  it.each<[string, string]>([
    [
      'a foreign insert',
      `insert into inboxes (tenant_id, id, name) values ('{other}', gen_random_uuid(), 'x')`,
    ],
    ['giving a row away', `update inboxes set tenant_id = '{other}'`],
    [
      'founding another tenant',
      `insert into tenants (id, name, alpha, beta, grace_period_seconds) values (gen_random_uuid(), 'x', 1, 1, 1)`,
    ],
  ])('inside a tenant refuses %s', async (_what, statement) => {
    await sneaky.query(`begin; set local app.tenant_id = '${mine.tenantId}'`);
    const attempt = sneaky.query(statement.replace('{other}', other.tenantId));
    await expect(attempt).rejects.toMatchObject(error('42501'));
    await sneaky.query('rollback');
  });

  it('comes back empty from a connection that just worked for a tenant', async () => {
    const database = app.nest.get(Database);
    const count = sql`select count(*)::integer as count from conversations`;
    const seen = await database.inTenant(mine.tenantId, (tx) => rowsOf<{ count: number }>(tx, count, []));
    expect(seen[0]!.count).toBeGreaterThan(0);
    const after = await Promise.all(
      Array.from({ length: 8 }, () => database.call<{ count: number }>(count, [])),
    );
    expect(after.flat().map((row) => row.count)).toEqual(Array.from({ length: 8 }, () => 0));
  });
});
