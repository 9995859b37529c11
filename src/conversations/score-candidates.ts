import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import type { ConversationRow } from './conversation.js';

/** $1 tenant, $2 conversations. The function candidate_scores does the work. */
const CANDIDATE_SCORES = sql`select id, score from candidate_scores($1, $2)`;

/**
 * With CANDIDATE_WINDOW a score depends on the other candidates, so conversation_details has none. This scores the
 * waiting conversations of a page together, once per inbox.
 */
export async function scoreCandidates<Row extends ConversationRow>(
  tx: Transaction,
  tenantId: string,
  rows: readonly Row[],
): Promise<Row[]> {
  const unscored = rows.filter(({ state, priority_score }) => state === 'QUEUED' && priority_score === null);
  if (unscored.length === 0) return [...rows];
  const ids = unscored.map(({ id }) => id);
  const scores = await rowsOf<{ id: string; score: number }>(tx, CANDIDATE_SCORES, [tenantId, ids]);
  const scoreOf = new Map(scores.map(({ id, score }) => [id, score]));
  return rows.map((row) => ({ ...row, priority_score: row.priority_score ?? scoreOf.get(row.id) ?? null }));
}
