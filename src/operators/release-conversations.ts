import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';

/** So many at once. */
const BATCH = 500;

/** $1 tenant, $2 the operator who leaves, $3 ids of the ledger entries. The work is in the function release_conversations. */
const RELEASE = sql`select inbox_id from release_conversations($1, $2, $3)`;

/**
 * Puts everything a leaving operator holds back into the queue. The caller shares the ranking and has locked the operator.
 * @returns the inboxes in which it waits
 */
export async function releaseConversations(
  tx: Transaction,
  tenantId: string,
  operatorId: string,
): Promise<string[]> {
  const inboxIds: string[] = [];
  for (let released = BATCH; released === BATCH;) {
    const eventIds = Array.from({ length: BATCH }, () => newId());
    const rows = await rowsOf<{ inbox_id: string }>(tx, RELEASE, [tenantId, operatorId, eventIds]);
    inboxIds.push(...rows.map(({ inbox_id }) => inbox_id));
    released = rows.length;
  }
  return inboxIds;
}
