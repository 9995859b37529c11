import { TRANSITION_COLUMNS } from '../conversations/transition.js';
import { sql } from '../database/statement.js';

/**
 * $1 tenant, $2 conversation, $3 version or null, $4 allowed states, $5 id of the ledger entry, $6 and $7 actor,
 * $8 reason
 */
export const DEALLOCATE = sql`
  select ${TRANSITION_COLUMNS} from deallocate_conversation($1, $2, $3, $4, $5, $6, $7, $8) t`;
