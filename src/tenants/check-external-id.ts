import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { AlreadyExists } from '../http/problem.js';

/** $1 external id */
const LOCK = sql`select pg_advisory_xact_lock(hashtextextended($1, 10))`;

/** $1 external id */
const TENANT_WITH_IT = sql`select tenant_with_external_id($1) as id`;

/**
 * No constraint of Citus spans the tenants of several nodes, so a lock until the COMMIT and a look take its place.
 * @throws AlreadyExists when another tenant has the external id
 */
export async function checkExternalId(
  tx: Transaction,
  tenantId: string,
  externalId: string | null | undefined,
): Promise<void> {
  if (externalId === null || externalId === undefined) return;
  await rowsOf(tx, LOCK, [externalId]);
  const [row] = await rowsOf<{ id: string | null }>(tx, TENANT_WITH_IT, [externalId]);
  if (row !== undefined && row.id !== null && row.id !== tenantId)
    throw new AlreadyExists('a tenant', 'externalId');
}
