import type { Query } from './server-version.js';
import { APPLICATION_ROLE } from './session.js';
import { literal, PLATFORM_ROLE } from './roles.js';

/** The rows of each table are on the node of their tenant, beside the tenant itself. */
const FIRST_TABLE = 'tenants';

/** Tables without rows of tenants. They stay where db:run and the service connect to. */
export const LOCAL_TABLES: Readonly<Record<string, string>> = {
  migrations: 'db:run writes it, and a service reads it once, when it starts',
  sql_files: 'db:run writes it, and a service reads it once, when it starts',
};

/** What no node can check, because the rows are on several nodes. The service checks it before it writes. */
export const CHECKED_BY_THE_SERVICE = [
  {
    table: FIRST_TABLE,
    constraint: 'tenants_external_id_unique',
    index: 'create index if not exists tenants_external_id on tenants (external_id)',
  },
] as const;

interface Table {
  name: string;
  key: string | null;
  /** The tables of its foreign keys. */
  parents: string[];
  is_distributed: boolean;
}

interface Routine {
  signature: string;
  is_sent: boolean;
  is_distributed: boolean;
}

/** A statement that only calls such a function runs on the node of the tenant as a whole, inside of transactions too. */
const IS_SENT = `p.proargnames[1] = 'p_tenant'`;

/** Where Citus is missing, nothing is distributed, so that the SQL can be shown there too. */
const DISTRIBUTED_TABLES = {
  false: 'false',
  true: `exists (select 1 from pg_dist_partition d where d.logicalrelid = c.oid)`,
};
const DISTRIBUTED_ROUTINES = {
  false: 'false',
  true: `exists (
    select 1 from pg_dist_object d
    where d.classid = 'pg_proc'::regclass and d.objid = p.oid
      and (coalesce(d.force_delegation, false) or not coalesce(${IS_SENT}, false)))`,
};

const tables = (hasCitus: boolean) => `
  select c.relname::text as name,
    case c.relname when '${FIRST_TABLE}' then 'id' else (
      select a.attname::text from pg_attribute a
      where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnotnull and not a.attisdropped) end as key,
    array(select distinct f.relname::text from pg_constraint k join pg_class f on f.oid = k.confrelid
      where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid order by 1) as parents,
    ${DISTRIBUTED_TABLES[`${hasCitus}`]} as is_distributed
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
    and c.oid not in (select d.objid from pg_depend d where d.classid = 'pg_class'::regclass and d.deptype = 'e')
  order by c.relname <> '${FIRST_TABLE}', c.relname`;

const routines = (hasCitus: boolean) => `
  select p.proname || '(' || oidvectortypes(p.proargtypes) || ')' as signature, coalesce(${IS_SENT}, false) as is_sent,
    ${DISTRIBUTED_ROUTINES[`${hasCitus}`]} as is_distributed
  from pg_proc p
  where p.pronamespace = 'public'::regnamespace
    and p.oid not in (select d.objid from pg_depend d where d.classid = 'pg_proc'::regclass and d.deptype = 'e')
  order by 1`;

/** Citus creates a view on the nodes with its tables, without the rights on it. */
const RIGHTS_ON_VIEWS = `
  select format('grant %s on %I to %I', lower(a.privilege_type), c.relname, r.rolname) as sql
  from pg_class c cross join lateral aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'v' and r.rolname in ('${APPLICATION_ROLE}', '${PLATFORM_ROLE}')
  order by 1`;

/**
 * The statements that distribute what is not distributed yet, in an order in which each can run.
 * @param settings of the sessions that the nodes open on each other
 * @throws Error that names a table without a place
 */
export async function missingDistribution(
  query: Query,
  hasCitus: boolean,
  settings: Readonly<Record<string, string>>,
): Promise<string[]> {
  const left = inOrder((await query(tables(hasCitus))) as Table[]).filter((table) => !table.is_distributed);
  const functions = ((await query(routines(hasCitus))) as Routine[]).filter((one) => !one.is_distributed);
  if (left.length === 0 && functions.length === 0) return [];
  const rights = (await query(RIGHTS_ON_VIEWS)) as { sql: string }[];
  return [
    // Otherwise Citus refuses to do all of it in one transaction.
    "set local citus.multi_shard_modify_mode = 'sequential'",
    ...loginsOfNodes(settings),
    ...left.flatMap(distributeTable),
    ...rights.map(({ sql }) => sql),
    ...functions.map(distributeFunction),
  ];
}

/** Nodes log in to each other as the role that a statement runs as. It has no password, so nobody else can. */
function loginsOfNodes(settings: Readonly<Record<string, string>>): string[] {
  return [APPLICATION_ROLE, PLATFORM_ROLE].flatMap((role) => [
    `alter role ${role} login`,
    ...Object.entries(settings).map(([name, value]) => `alter role ${role} set ${name} = ${literal(value)}`),
  ]);
}

function distributeTable({ name, key }: Table): string[] {
  if (key === null)
    throw new Error(`the table ${name} has no tenant_id and is not among LOCAL_TABLES (docs/scale-out.md)`);
  const group = name === FIRST_TABLE ? 'none' : FIRST_TABLE;
  const checked = CHECKED_BY_THE_SERVICE.filter(({ table }) => table === name);
  return [
    ...checked.flatMap(({ table, constraint, index }) => [
      `alter table ${table} drop constraint if exists ${constraint}`,
      index,
    ]),
    `select create_distributed_table('public.${name}', '${key}', colocate_with => '${group}')`,
  ];
}

function distributeFunction({ signature, is_sent }: Routine): string {
  const place = is_sent
    ? `, distribution_arg_name => 'p_tenant', colocate_with => '${FIRST_TABLE}', force_delegation => true`
    : '';
  return `select create_distributed_function(${literal(`public.${signature}`)}${place})`;
}

/** Each table after the tables of its foreign keys. */
function inOrder(all: readonly Table[]): Table[] {
  const left = all.filter(({ name }) => !(name in LOCAL_TABLES));
  const ordered: Table[] = [];
  while (left.length > 0) {
    const next = left.findIndex(({ parents }) => !left.some(({ name }) => parents.includes(name)));
    if (next === -1)
      throw new Error(`the tables ${left.map(({ name }) => name).join(', ')} refer to each other`);
    ordered.push(...left.splice(next, 1));
  }
  return ordered;
}
