import { sql } from '../database/statement.js';

/** $1 to $7 as in DEALLOCATE, $8 the new inbox, $9 reason */
export const MOVE_INBOX = sql`
  select t.refusal, t.met_state, t.met_operator_id, t.met_version
  from move_conversation($1, $2, $3, $4, $5, $6, $7, $8, $9) t`;
