import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';

const TAKEABLE_INBOXES = sql`select takeable_inboxes($1, $2) as inboxes`;

/** The inboxes an operator may take from: subscribed ones, or all of a tenant with autoSubscribe. */
export async function takeableInboxes(
  tx: Transaction,
  tenantId: string,
  operatorId: string,
): Promise<string[]> {
  const [row] = await rowsOf<{ inboxes: string[] }>(tx, TAKEABLE_INBOXES, [tenantId, operatorId]);
  return row?.inboxes ?? [];
}
