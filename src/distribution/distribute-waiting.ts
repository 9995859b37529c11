import { sql } from '../database/statement.js';

/**
 * $1 tenant, $2 operator or null, $3 inboxes or null for all, $4 ids for the ledger, as many as are distributed at most.
 * The work is in the function distribute_waiting. A row for each that was distributed; an empty one when there may be more.
 */
export const DISTRIBUTE_WAITING = sql`
  select conversation_id from distribute_waiting($1, $2, $3, $4)`;

/** One transaction: while it lasts, nobody else distributes or takes for these operators. */
export const DISTRIBUTION_BATCH = 50;
