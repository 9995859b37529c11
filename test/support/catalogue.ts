import type { TestDatabase } from './database.js';

/** The tables of migrations and SQL files. */
const OF_THE_SCHEMA = ['migrations', 'sql_files'];
/** Tables whose rows belong to no tenant. */
export const OF_NO_TENANT = [...OF_THE_SCHEMA, 'tenants'];

const OF_TENANT = `(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)`;

/** Every table but those of the schema; `of_tenants` when its rows belong to tenants. */
const TABLES = `(
  select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relname <> 'tenants' as of_tenants
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'f')
    and c.relname <> all ('{${OF_THE_SCHEMA.join(',')}}'))`;

/** The policy for all roles, with the same condition for reading and writing. */
const IS_OF_TENANT = `p.roles = '{public}' and p.permissive = 'PERMISSIVE' and p.cmd = 'ALL'
  and p.qual = p.with_check
  and p.qual = case p.tablename when 'tenants' then replace($policy$${OF_TENANT}$policy$, 'tenant_id =', 'id =')
    else $policy$${OF_TENANT}$policy$ end`;

/** The policies for functions that look across tenants. */
const IS_OF_PLATFORM = `(p.roles = '{inbox_platform}' and p.permissive = 'PERMISSIVE' and p.cmd = 'SELECT' and p.qual = 'true')`;

/** Faults of the catalogue. Each query returns the names of objects with the fault. */
const CHECKS = {
  'a table without a tenant_id that is never null': `
    select t.relname as name from ${TABLES} t
    where t.of_tenants and not exists (
      select from pg_attribute a
      where a.attrelid = t.oid and a.attname = 'tenant_id' and a.attnotnull and a.atttypid = 'uuid'::regtype)`,

  'a table without a primary key': `
    select t.relname as name from ${TABLES} t
    where not exists (select from pg_constraint k where k.conrelid = t.oid and k.contype = 'p')`,

  'a key or an index that does not begin with the tenant': `
    select t.relname || '.' || k.name as name
    from ${TABLES} t
    cross join lateral (
      select conname as name, conkey[1] as first from pg_constraint
      where conrelid = t.oid and contype in ('p', 'u', 'f', 'x')
      union
      -- 0 is an expression.
      select indexrelid::regclass::text, indkey[0] from pg_index where indrelid = t.oid) k
    left join pg_attribute a on a.attrelid = t.oid and a.attnum = k.first
    where t.of_tenants and a.attname is distinct from 'tenant_id'
      -- Its keys are hashes of the tenant and three characters.
      and k.name <> 'search_texts_trigrams'`,

  'a foreign key that does not meet the tenant of the other table': `
    select t.relname || '.' || k.conname as name
    from ${TABLES} t
    join pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
    join pg_attribute a on a.attrelid = k.confrelid and a.attnum = k.confkey[1]
    where a.attname <> case when k.confrelid = 'tenants'::regclass then 'id' else 'tenant_id' end`,

  'a table whose row-level security is off, or not for its owner': `
    select t.relname as name from ${TABLES} t where not (t.relrowsecurity and t.relforcerowsecurity)`,

  'a table without the policy for reading and writing': `
    select t.relname as name from ${TABLES} t
    where not exists (
      select from pg_policies p
      where p.schemaname = 'public' and p.tablename = t.relname and ${IS_OF_TENANT})`,

  'a table without the policy by which the platform reads': `
    select t.relname as name from ${TABLES} t
    where not exists (
      select from pg_policies p
      where p.schemaname = 'public' and p.tablename = t.relname and ${IS_OF_PLATFORM})`,

  // Permissive policies add up: a row needs only one of them.
  'another policy than that and the one by which the platform reads': `
    select p.tablename || '.' || p.policyname as name from pg_policies p
    where p.schemaname = 'public' and not coalesce(${IS_OF_TENANT}, false) and not ${IS_OF_PLATFORM}`,

  // A policy alone gives no access. The role also needs the right. It deletes the rows of deleted tenants, which the
  // application must not: the policy for reading and writing keeps it to the tenant of the transaction.
  'a right of the platform that is not to read or to delete, or on what none of its functions names': `
    select r.relname || '.' || r.privilege as name
    from (
      select c.relname, lower(a.privilege_type) as privilege
      from pg_class c
      cross join lateral aclexplode(c.relacl) a
      where c.relnamespace = 'public'::regnamespace and a.grantee = 'inbox_platform'::regrole
      union
      select c.relname, lower(a.privilege_type) || ' of ' || n.attname
      from pg_class c
      join pg_attribute n on n.attrelid = c.oid
      cross join lateral aclexplode(n.attacl) a
      where c.relnamespace = 'public'::regnamespace and a.grantee = 'inbox_platform'::regrole) r
    where r.privilege not in ('select', 'delete')
        -- An erasure takes a customer out of the ledger of the tenant of the transaction: erase_ledger_texts.
        and (r.relname, r.privilege) <> ('conversation_events', 'update')
      or not exists (
      select from pg_proc p
      where p.pronamespace = 'public'::regnamespace and p.prosecdef and p.prosrc ~ ('\\m' || r.relname || '\\M')
        and (r.privilege = 'select' or p.proname in ('delete_tenant_rows', 'erase_ledger_texts')))`,

  'a view that looks with the eyes of its owner': `
    select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm')
      and not coalesce(c.reloptions, '{}') @> '{security_invoker=true}'`,

  'a function that runs as its owner, if that is not the platform': `
    select p.proname as name from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.prosecdef and not (
      pg_get_userbyid(p.proowner) = 'inbox_platform' and p.proconfig = '{"search_path=public, pg_temp"}'
      and not has_function_privilege('public', p.oid, 'execute'))`,
};

export type Fault = keyof typeof CHECKS;
export const FAULTS = Object.keys(CHECKS) as Fault[];

/** The names of the objects with the fault. */
export async function having(database: TestDatabase, fault: Fault): Promise<string[]> {
  return (await database.rows<{ name: string }>(CHECKS[fault])).map(({ name }) => name).sort();
}
