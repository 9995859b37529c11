import { sql } from '../database/statement.js';

/**
 * $1 tenant, $2 operator or null, $3 inboxes or null for all, $4 ids for the ledger, as many as are handed out at most.
 * The work is in the function hand_out_waiting. A row for each that was handed out; an empty one when there may be more.
 */
export const HAND_OUT_WAITING = sql`
  select conversation_id from hand_out_waiting($1, $2, $3, $4)`;
