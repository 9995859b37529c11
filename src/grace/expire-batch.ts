import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { EXPIRE_GRACE_PERIODS, EXPIRE_GRACE_PERIODS_OF_OPERATOR } from './expire-grace-periods.js';

/**
 * Re-queues up to `size` due conversations in the caller's transaction. Any number of instances may do it at once; each
 * conversation is re-queued by one of them.
 * @param operatorId only those of this operator; by default of all
 * @returns the inbox of each of them
 */
export async function expireBatch(
  tx: Transaction,
  tenantId: string,
  size: number,
  operatorId?: string,
): Promise<string[]> {
  await rowsOf(tx, SHARE_RANKING, [tenantId]);
  const values = [tenantId, Array.from({ length: size }, () => newId())];
  const expired = await (operatorId === undefined
    ? rowsOf<{ inbox_id: string }>(tx, EXPIRE_GRACE_PERIODS, values)
    : rowsOf<{ inbox_id: string }>(tx, EXPIRE_GRACE_PERIODS_OF_OPERATOR, [...values, operatorId]));
  return expired.map(({ inbox_id }) => inbox_id);
}
