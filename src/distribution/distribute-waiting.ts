import { sql } from '../database/statement.js';

/**
 * $1 tenant, $2 operator or null, $3 inboxes or null for all, $4 ids for the ledger, whose number limits the batch.
 * Returns a row per distributed conversation, and an empty row when there can be more. The function distribute_waiting
 * does the work.
 */
export const DISTRIBUTE_WAITING = sql`
  select conversation_id from distribute_waiting($1, $2, $3, $4)`;

/** The largest batch. During its transaction nobody else distributes or allocates for these operators. */
export const DISTRIBUTION_BATCH = 50;
