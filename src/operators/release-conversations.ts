import type { Transaction } from '../database/database.js';
import { newIds } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';

/** The most conversations of one call. It takes some 40 ms, with all related writes. */
export const RELEASE_BATCH = 500;

/** Calls release_conversations. $1 tenant, $2 operator, $3 ids of the ledger entries */
const RELEASE = sql`select inbox_id from release_conversations($1, $2, $3)`;

/**
 * Queues up to `size` conversations of a deactivated operator again. The caller shares the ranking and has locked the
 * operator.
 * @returns the inbox of each
 */
export async function releaseConversations(
  tx: Transaction,
  tenantId: string,
  operatorId: string,
  size = RELEASE_BATCH,
): Promise<string[]> {
  const eventIds = newIds(size);
  const rows = await rowsOf<{ inbox_id: string }>(tx, RELEASE, [tenantId, operatorId, eventIds]);
  return rows.map(({ inbox_id }) => inbox_id);
}
