import type { Database } from '../database/database.js';
import { sql, type Statement } from '../database/statement.js';

/** The largest batch. It takes 15 ms on an idle machine. */
const BATCH = 1_000;

/** $1 tenant, $2 limit. The functions of the same names do the work. */
const ASSIGN_FEED_POSITIONS = sql`select assign_feed_positions($1, $2) as assigned`;
const ASSIGN_FEED_POSITIONS_IF_FREE = sql`select assign_feed_positions_if_free($1, $2) as assigned`;

/**
 * Gives all committed entries their positions in the feed of the tenant. Every reader of the feed calls it first. It
 * runs in transactions of its own, so that nobody waits for the reader.
 */
export function assignPositions(database: Database, tenantId: string): Promise<void> {
  return assignAll(database, tenantId, ASSIGN_FEED_POSITIONS);
}

/** The same for readers that poll: while another reader does it, this one does nothing. */
export function assignPositionsIfFree(database: Database, tenantId: string): Promise<void> {
  return assignAll(database, tenantId, ASSIGN_FEED_POSITIONS_IF_FREE);
}

async function assignAll(database: Database, tenantId: string, statement: Statement): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ assigned: number }>(tenantId, statement, [tenantId, BATCH]);
    if ((row?.assigned ?? 0) < BATCH) return;
  }
}
