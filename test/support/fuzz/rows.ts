import type { TestDatabase } from '../database.js';
import { CHANGED_TABLES, IN_FEED } from '../full-tenant.js';

/**
 * A text for all rows of each tenant, the same as long as no transaction wrote one: every row version names the
 * transaction that wrote it. Rows that come and go change the count.
 */
export async function stampsOf(database: TestDatabase, tenantIds: readonly string[]): Promise<string[]> {
  // A refusal of a request with a key is kept, and changes nothing else.
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
