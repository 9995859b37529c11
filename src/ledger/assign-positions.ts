import type { Database } from '../database/database.js';
import { sql } from '../database/statement.js';

/** As many entries at once: 15 ms on an idle machine. */
const BATCH = 1_000;

/** $1 tenant, $2 how many entries. The work is in the function assign_feed_positions. */
const ASSIGN_FEED_POSITIONS = sql`select assign_feed_positions($1, $2) as assigned`;

/**
 * Gives all entries that have been committed by now their places in the feed of the tenant. Whoever reads the feed does it
 * first, in transactions of its own, so that nobody waits for what the reader does next.
 */
export async function assignPositions(database: Database, tenantId: string): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ assigned: number }>(ASSIGN_FEED_POSITIONS, [tenantId, BATCH]);
    if ((row?.assigned ?? 0) < BATCH) return;
  }
}
