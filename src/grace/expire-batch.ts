import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { EXPIRE_GRACE_PERIODS } from './expire-grace-periods.js';

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
  const eventIds = Array.from({ length: size }, () => newId());
  const values = [tenantId, eventIds, operatorId ?? null];
  const expired = await rowsOf<{ inbox_id: string }>(tx, EXPIRE_GRACE_PERIODS, values);
  return expired.map(({ inbox_id }) => inbox_id);
}
