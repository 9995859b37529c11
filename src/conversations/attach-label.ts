import { sql } from '../database/statement.js';

/**
 * Until the end of the transaction it keeps its inbox and its holder. A statement of its own: in one with the checks,
 * these would still read what was before the wait.
 */
export const LOCK_CONVERSATION = sql`
  select id from conversations where tenant_id = $1 and id = $2 for no key update`;

/** Until the end of the transaction it is not deleted, so an attachment can refer to it. */
export const LOCK_LABEL = sql`select inbox_id from labels where tenant_id = $1 and id = $2 for key share`;
