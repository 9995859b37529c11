import { sql } from '../database/statement.js';

/**
 * Locks the conversation, so that its inbox and its holder cannot change until the COMMIT. It is a separate statement,
 * because one with the checks would read the state of before the wait.
 */
export const LOCK_CONVERSATION = sql`
  select id from conversations where tenant_id = $1 and id = $2 for no key update`;

/** Locks the label, so that it cannot be deleted before the attachment refers to it. */
export const LOCK_LABEL = sql`
  select inbox_id from labels where tenant_id = $1 and id = $2 and deleted_at is null for key share`;
