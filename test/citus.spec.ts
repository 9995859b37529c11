import { DataSource } from 'typeorm';
import { findCallers, findEachCaller } from '../src/access/find-callers.js';
import { Database } from '../src/database/database.js';
import { LOCAL_TABLES, missingDistribution } from '../src/database/distribution.js';
import { OutcomeUnknown } from '../src/database/failure.js';
import { rowsOf, sql } from '../src/database/statement.js';
import { TestApplication } from './support/application.js';
import { migrate } from './support/migrating.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

/** Citus is not among the servers under test: these check what can be checked without it (docs/scale-out.md). */

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const rows = <Row extends object>(text: string) => app.database.rows<Row>(text);
const namesOf = async (text: string) => (await rows<{ name: string }>(text)).map(({ name }) => name);
const statements = () => missingDistribution((text) => rows(text), false, { jit: 'off' });

/** The group that each call of a function names. */
function calls(of: string, all: readonly string[]): { what: string; text: string }[] {
  return all.flatMap((text) => {
    const [, what] = new RegExp(`^select ${of}\\('public\\.(.*?)'`).exec(text) ?? [];
    return what === undefined ? [] : [{ what, text }];
  });
}

describe('the SQL of db:run --citus', () => {
  it('gives each table a place: with its tenant, or on the server that db:run connects to', async () => {
    const tables = await namesOf(`select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1`);
    const placed = calls('create_distributed_table', await statements());
    expect([...placed.map(({ what }) => what), ...Object.keys(LOCAL_TABLES)].sort()).toEqual(tables);
    for (const { what, text } of placed)
      expect(text).toBe(
        what === 'tenants'
          ? `select create_distributed_table('public.tenants', 'id', colocate_with => 'none')`
          : `select create_distributed_table('public.${what}', 'tenant_id', colocate_with => 'tenants')`,
      );
  });

  it('places each table after those that it refers to', async () => {
    const order = calls('create_distributed_table', await statements()).map(({ what }) => what);
    const references = await rows<{ child: string; parent: string }>(`
      select c.relname as child, p.relname as parent from pg_constraint k
      join pg_class c on c.oid = k.conrelid join pg_class p on p.oid = k.confrelid
      where k.contype = 'f' and c.oid <> p.oid`);
    expect(references.length).toBeGreaterThan(10);
    const early = references.filter(({ child, parent }) => order.indexOf(parent) > order.indexOf(child));
    expect(early).toEqual([]);
  });

  it('drops each unique key that no node can check, and nothing else', async () => {
    const keys = await rows<{ table: string; name: string }>(`
      select c.relname as table, i.relname as name from pg_index x
      join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
      where c.relnamespace = 'public'::regnamespace and x.indisunique and not exists (
        select 1 from pg_attribute a
        where a.attrelid = c.oid and a.attnum = any (x.indkey)
          and a.attname = case c.relname when 'tenants' then 'id' else 'tenant_id' end)`);
    const wanted = keys
      .filter(({ table }) => !(table in LOCAL_TABLES))
      .map(({ table, name }) => `alter table ${table} drop constraint if exists ${name}`);
    expect((await statements()).filter((text) => text.includes('drop'))).toEqual(wanted);
  });

  it('makes each function known to the nodes, and sends those that take a tenant first to its node', async () => {
    const functions = await rows<{ signature: string; first: string | null }>(`
      select proname || '(' || oidvectortypes(proargtypes) || ')' as signature, proargnames[1] as first
      from pg_proc where pronamespace = 'public'::regnamespace order by 1`);
    expect(calls('create_distributed_function', await statements())).toEqual(
      functions.map(({ signature, first }) => ({
        what: signature,
        text: `select create_distributed_function('public.${signature}'${
          first === 'p_tenant'
            ? `, distribution_arg_name => 'p_tenant', colocate_with => 'tenants', force_delegation => true`
            : ''
        })`,
      })),
    );
  });

  it('refuses a table without a tenant and without a reason', async () => {
    const session = await app.database.session();
    await session.query('begin; create table orphans (id uuid primary key)');
    const query = async (text: string): Promise<unknown> => (await session.query(text)).rows;
    await expect(missingDistribution(query, false, {})).rejects.toThrow('the table orphans has no tenant_id');
    await session.query('rollback');
  });

  it('names things that exist', async () => {
    const all = await statements();
    const relations = calls('create_distributed_table', all).map(({ what }) => what);
    const routines = calls('create_distributed_function', all).map(({ what }) => what);
    const missing = await namesOf(`
      select name from unnest('{${relations.join(',')}}'::text[]) name where to_regclass(name) is null
      union all
      select name from unnest(array[${routines.map((name) => `'${name}'`).join(',')}]) name
      where to_regprocedure(name) is null`);
    expect(missing).toEqual([]);
  });
});

/** Functions that look at several tenants, or that set the tenant without taking it first, find nothing on Citus. */
const NOT_SENT: Record<string, string> = {
  identify_callers: 'identify_caller takes its place on Citus',
};

it('each function that sets the tenant takes it first, or has a reason', async () => {
  const others = await namesOf(`select proname as name from pg_proc
    where pronamespace = 'public'::regnamespace and prosrc ~ 'set_config\\(''app\\.tenant_id'''
      and proargnames[1] is distinct from 'p_tenant' order by 1`);
  expect(others).toEqual(Object.keys(NOT_SENT));
});

it('no view reads a field of a type whose functions it calls', async () => {
  const circles = await namesOf(`
    select distinct r.ev_class::regclass::text as name
    from pg_depend f
    join pg_rewrite r on f.classid = 'pg_rewrite'::regclass and f.objid = r.oid
    join pg_class t on f.refclassid = 'pg_class'::regclass and f.refobjid = t.oid and t.relkind = 'c'
    where t.relnamespace = 'public'::regnamespace`);
  expect(circles).toEqual([]);
});

it('looks callers up one by one with the result of the look-up together', async () => {
  const world = await World.create(app);
  const other = await World.create(app);
  const operator = await world.operator();
  await app.database.rows(
    `update tenants set external_id = 'org_citus' where id = '${world.tenantId}';
    update operators set external_id = 'olivia' where id = '${operator.id}'`,
  );
  const claims: [tenant: string, operator: string | null, isFromToken: boolean][] = [
    [world.tenantId, operator.id, false],
    [world.tenantId, null, false],
    [world.tenantId, 'olivia', true],
    ['org_citus', 'olivia', true],
    ['org_citus', operator.id, true],
    ['org_citus', 'olivia', false],
    ['org_unknown', 'olivia', true],
    [other.tenantId, operator.id, false],
  ];
  const claimed = claims.map(([tenant, id, isFromToken]) => ({
    tenant,
    operator: id,
    isFromToken,
    identity: 'by external id',
  }));
  const database = app.nest.get(Database);
  const together = await findCallers(database, claimed);
  const each = await findEachCaller(database, claimed);
  const shown = (found: typeof each) =>
    claimed.map((caller) => {
      const row = found.get(caller);
      return row === undefined
        ? null
        : [row.tenant_id, row.operator_id, row.role, row.is_active, row.is_suspended];
    });
  expect(shown(each)).toEqual(shown(together));
  expect(shown(each).map((row) => row?.[1] ?? null)).toEqual([
    operator.id,
    null,
    operator.id,
    operator.id,
    operator.id,
    null,
    null,
    null,
  ]);
});

describe('db:run --citus on a server without Citus', () => {
  it('says so in one line, and changes nothing', async () => {
    const tables = () => rows('select oid, relname, relacl::text from pg_class order by oid');
    const before = await tables();
    const { code, said, told } = await migrate(app.database, ['run', '--citus']);
    expect({ code, said, told }).toEqual({
      code: 1,
      said: [],
      told: [
        expect.stringMatching(
          /^the database \w+ does not have the extension citus: install Citus on every node/,
        ),
      ],
    });
    expect(await tables()).toEqual(before);
  });

  it('prints its SQL with --print', async () => {
    const { code, said } = await migrate(app.database, ['run', '--citus', '--print']);
    expect(code).toBe(0);
    expect(said).toContain(
      `select create_distributed_table('public.tenants', 'id', colocate_with => 'none');`,
    );
    expect(said.filter((line) => !line.endsWith(';'))).toEqual([]);
  });

  it('is what DATABASE_CITUS=yes asks for', async () => {
    await expect(app.another({ DATABASE_CITUS: 'yes' })).rejects.toThrow('run db:run --citus');
  });
});

describe('a node that Citus lost', () => {
  beforeAll(async () => {
    await rows(`
      create sequence attempts;
      create function lose_node() returns void language plpgsql as $$
      begin
        perform nextval('attempts');
        raise exception 'connection to the remote node failed' using errcode = 'connection_failure';
      end $$;
      grant usage on sequence attempts to inbox_app`);
  });
  afterAll(() => rows('drop function lose_node(); drop sequence attempts'));

  const attempts = async () => Number((await rows<{ n: string }>(`select nextval('attempts') as n`))[0]!.n);

  it('leaves the outcome of a call unknown, so it is not repeated', async () => {
    const before = await attempts();
    const database = app.nest.get(Database);
    await expect(database.call(null, sql`select lose_node()`, [])).rejects.toThrow(OutcomeUnknown);
    expect(await attempts()).toBe(before + 2);
  });

  it('costs no connection for good', async () => {
    const database = app.nest.get(Database);
    const { poolSize } = app.nest.get(DataSource).options as { poolSize: number };
    for (let i = 0; i <= poolSize; i++)
      await database.call(null, sql`select lose_node()`, []).catch(() => undefined);
    const world = await World.create(app);
    await world.inbox();
  });
});

it('a session in which Citus could not plan a statement serves nobody else', async () => {
  const world = await World.create(app);
  let pid = 0;
  const failing = app.nest.get(Database).inTenant(world.tenantId, async (tx) => {
    [{ pid }] = (await rowsOf<{ pid: number }>(tx, sql`select pg_backend_pid() as pid`, [])) as [
      { pid: number },
    ];
    await rowsOf(tx, sql`do $$ begin raise exception using errcode = 'feature_not_supported'; end $$`, []);
  });
  await expect(failing).rejects.toMatchObject({ code: '0A000' });
  await until(
    async () => (await rows(`select 1 from pg_stat_activity where pid = ${String(pid)}`)).length === 0,
  );
});

describe('/ready', () => {
  const status = async () => (await fetch(`${app.url}/ready`)).status;

  it('reads no row of a tenant, and tells a missing right', async () => {
    expect(await status()).toBe(200);
    const session = await app.database.session();
    await session.query('begin; lock table tenants in access exclusive mode');
    expect(await status()).toBe(200);
    await session.query('rollback');
    await rows('revoke select on tenants from inbox_app');
    expect(await status()).toBe(503);
    await rows('grant select on tenants to inbox_app');
    expect(await status()).toBe(200);
  });
});
