import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import type { ListPosition } from '../search/conversation-search.js';
import { detailsOfPage } from './details-of-page.js';
import type { ListedRow } from './list-conversations.js';
import { scoreCandidates } from './score-candidates.js';

/** $1 tenant; the arrays correspond by position: $2 conversations, $3 their positions */
const pageOf = (tx: Transaction) => sql`
  select d.*, p.position
  from unnest($2::uuid[], $3::text[]) with ordinality as p (id, position, n)
  ${detailsOfPage(tx)}
  order by p.n`;

/** A page that another statement found. */
export async function readPage(
  tx: Transaction,
  tenantId: string,
  positions: readonly ListPosition[],
): Promise<ListedRow[]> {
  if (positions.length === 0) return [];
  const values = [tenantId, positions.map(({ id }) => id), positions.map(({ position }) => position)];
  return scoreCandidates(tx, tenantId, await rowsOf<ListedRow>(tx, pageOf(tx), values));
}
