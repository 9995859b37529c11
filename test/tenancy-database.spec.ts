import { Client, type DatabaseError } from 'pg';
import { DataSource } from 'typeorm';
import { APPLICATION_ROLE } from '../src/database/session.js';
import { Database } from '../src/database/database.js';
import { rowsOf, sql } from '../src/database/statement.js';
import { TestApplication } from './support/application.js';
import { fillTenant, TENANT_TABLES } from './support/full-tenant.js';
import { World } from './support/world.js';

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

describe('the role of the service', () => {
  it.each([APPLICATION_ROLE, 'inbox_platform'])('%s has no special rights', async (role) => {
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

  it('inserts into the ledger but never changes it, and neither truncates nor creates tables', async () => {
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

  it('is the role of the service’s connections', async () => {
    const source = app.nest.get(DataSource);
    const whoami = `select current_user, current_setting('is_superuser') as superuser, pg_backend_pid() as pid`;
    const responses = await Promise.all(
      Array.from({ length: 8 }, () => source.query<{ pid: number }[]>(whoami)),
    );
    for (const [row] of responses)
      expect(row).toMatchObject({ current_user: APPLICATION_ROLE, superuser: 'off' });
    const [counted] = await app.database.rows<{ count: number }>(
      `select count(*)::integer as count from pg_stat_activity where application_name = 'inbox-allocation' and pid = any ($1)`,
      [responses.map(([row]) => row!.pid)],
    );
    expect(counted!.count).toBeGreaterThan(0);
  });
});

describe('case 17: SQL of the service outside of a tenant', () => {
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

  it('in a tenant sees all its rows and no others', async () => {
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
      'creating another tenant',
      `insert into tenants (id, name, alpha, beta, grace_period_seconds) values (gen_random_uuid(), 'x', 1, 1, 1)`,
    ],
  ])('in a tenant refuses %s', async (_what, statement) => {
    await sneaky.query(`begin; set local app.tenant_id = '${mine.tenantId}'`);
    const attempt = sneaky.query(statement.replace('{other}', other.tenantId));
    await expect(attempt).rejects.toMatchObject(error('42501'));
    await sneaky.query('rollback');
  });

  it('in a tenant affects no row of another tenant', async () => {
    await sneaky.query(`begin; set local app.tenant_id = '${mine.tenantId}'`);
    try {
      const own = await sneaky.query('update conversations set message_count = message_count');
      expect(own.rowCount).toBeGreaterThan(0);
      for (const statement of [
        'update conversations set message_count = 1',
        'delete from conversation_labels',
        'select from leads',
      ]) {
        const foreign = await sneaky.query(`${statement} where tenant_id = $1`, [other.tenantId]);
        expect({ statement, rows: foreign.rowCount }).toEqual({ statement, rows: 0 });
      }
    } finally {
      await sneaky.query('rollback');
    }
  });

  it('with an invalid tenant id fails', async () => {
    await sneaky.query(`begin; set local app.tenant_id = 'everyone'`);
    await expect(sneaky.query('select from conversations')).rejects.toMatchObject(error('22P02'));
    await sneaky.query('rollback');
  });

  it('sees no row on a connection that just worked for a tenant', async () => {
    const database = app.nest.get(Database);
    const count = sql`select count(*)::integer as count from conversations`;
    const seen = await database.inTenant(mine.tenantId, (tx) => rowsOf<{ count: number }>(tx, count, []));
    expect(seen[0]!.count).toBeGreaterThan(0);
    const after = await Promise.all(
      Array.from({ length: 8 }, () => database.call<{ count: number }>(null, count, [])),
    );
    expect(after.flat().map((row) => row.count)).toEqual(Array.from({ length: 8 }, () => 0));
  });
});
