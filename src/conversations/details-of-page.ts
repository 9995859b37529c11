import type { Transaction } from '../database/database.js';
import { isDistributed } from '../database/set-tenant.js';

/**
 * Joins the conversations `d` of a page `p`, for tenant $1. LIMIT makes it one probe for each row: the planner expects
 * a page to be a tenth of the table, and would join all rows. Citus refuses LIMIT there, because the tables of the view
 * do not name the tenant.
 */
export function detailsOfPage({ dataSource }: Transaction): string {
  return isDistributed(dataSource)
    ? 'join conversation_details d on d.tenant_id = $1 and d.id = p.id'
    : 'cross join lateral (select d.* from conversation_details d where d.tenant_id = $1 and d.id = p.id limit 1) d';
}
