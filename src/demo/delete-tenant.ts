import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';

/** Every table that holds rows of tenants, and the tables that refer to it. */
const TENANT_TABLES = sql`
  select c.oid::regclass::text as name,
    array(
      select distinct f.conrelid::regclass::text from pg_constraint f
      where f.contype = 'f' and f.confrelid = c.oid and f.conrelid <> c.oid) as referrers
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  order by name`;

/** Blocks everything that changes the tenant or adds rows to it until it is deleted. */
const LOCK_TENANT = sql`select 1 from tenants where id = $1 for update`;
const DELETE_TENANT = sql`delete from tenants where id = $1`;

interface TenantTable {
  name: string;
  referrers: string[];
}

/**
 * Deletes a tenant and all its data. It runs as the owner of the schema, because the application has no right to
 * delete tenants. It asks the database for the list of tables, so that nobody can forget to add a new one here.
 */
export async function deleteTenant(tx: Transaction, tenantId: string): Promise<void> {
  await rowsOf(tx, LOCK_TENANT, [tenantId]);
  const tables = await rowsOf<TenantTable>(tx, TENANT_TABLES, []);
  for (const name of referrersFirst(tables))
    await rowsOf(tx, sql`delete from ${name} where tenant_id = $1`, [tenantId]);
  await rowsOf(tx, DELETE_TENANT, [tenantId]);
}

function referrersFirst(tables: readonly TenantTable[]): string[] {
  const left = new Map(tables.map(({ name, referrers }) => [name, referrers]));
  const ordered: string[] = [];
  while (left.size > 0) {
    const free = [...left].filter(([, referrers]) => !referrers.some((name) => left.has(name)));
    if (free.length === 0) throw new Error(`the tables ${[...left.keys()].join(', ')} refer to each other`);
    for (const [name] of free) left.delete(name);
    ordered.push(...free.map(([name]) => name));
  }
  return ordered;
}
