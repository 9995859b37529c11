import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';

/** The most conversations of one call. */
const BATCH = 500;

/** Calls release_conversations. $1 tenant, $2 operator, $3 ids of the ledger entries */
const RELEASE = sql`select inbox_id from release_conversations($1, $2, $3)`;

/**
 * Queues all conversations of a deactivated operator again. The caller shares the ranking and has locked the operator.
 * @returns the inboxes of these conversations
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
