import { TRANSITION_COLUMNS } from '../conversations/transition.js';
import { sql } from '../database/statement.js';

/** $1 to $7 as in DEALLOCATE, $8 the new holder, $9 reason */
export const REASSIGN = sql`
  select ${TRANSITION_COLUMNS} from reassign_conversation($1, $2, $3, $4, $5, $6, $7, $8, $9) t`;

/** Whether operator $2 holds as many conversations of inbox $3 as their subscription allows. After the lock. */
export const IS_AT_INBOX_CAPACITY = sql`select is_at_inbox_capacity($1, $2, $3) as full`;

/** Locks the operator and returns every reason why they cannot get another conversation. */
export const LOCK_OPERATOR_REASONS = sql`select lock_operator_reasons($1, $2) as reasons`;
