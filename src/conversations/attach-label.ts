import { sql } from '../database/statement.js';

/**
 * Until the end of the transaction it keeps its inbox and its holder. A statement of its own: in one with the checks,
 * these would still read what was before the wait.
 */
export const LOCK_CONVERSATION = sql`
  select id from conversations where tenant_id = $1 and id = $2 for no key update`;

/** Until the end of the transaction it is not deleted, so an attachment can refer to it. */
export const LOCK_LABEL = sql`select inbox_id from labels where tenant_id = $1 and id = $2 for key share`;

/** $1 tenant, $2 conversation, $3 label; both locked, and of one inbox */
export const ATTACH_LABEL = sql`
  insert into conversation_labels (tenant_id, conversation_id, label_id) values ($1, $2, $3) on conflict do nothing`;

export const DETACH_LABEL = sql`
  delete from conversation_labels where tenant_id = $1 and conversation_id = $2 and label_id = $3`;
