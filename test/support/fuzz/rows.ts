import type { TestDatabase } from '../database.js';
import { CHANGED_TABLES, IN_FEED } from '../full-tenant.js';

/**
 * A text for each tenant that changes when a transaction writes one of its rows. Each row version has the id of its
 * transaction. New and deleted rows change the count.
 */
export async function stampsOf(database: TestDatabase, tenantIds: readonly string[]): Promise<string[]> {
  // The refusal of a request with a key is stored and changes nothing else.
  const judged = CHANGED_TABLES.filter((table) => table !== 'idempotency_keys');
  const tables = [...judged.map((table) => [table, 'tenant_id'] as const), ['tenants', 'id'] as const];
  const parts = tables.map(
    ([table, key]) =>
      `(select count(*) || '+' || coalesce(sum(xmin::text::bigint), 0) from ${table} where ${key} = t)`,
  );
  parts.push(`(select count(*) from ${IN_FEED} f where f.tenant_id = t)`);
  const { rows } = await database.owner.query<{ stamp: string }>({
    name: 'fuzz_stamps',
    text: `select concat_ws(' ', ${parts.join(', ')}) as stamp from unnest($1::uuid[]) with ordinality as n(t, i) order by i`,
    values: [tenantIds],
  });
  return rows.map(({ stamp }) => stamp);
}

/** Whether the service has still to carry out a bulk, of whatever tenant. */
export async function isAnyBulkRunning(database: TestDatabase): Promise<boolean> {
  const { rowCount } = await database.owner.query(
    `select 1 from bulk_plans where status = 'RUNNING' limit 1`,
  );
  return rowCount !== 0;
}
