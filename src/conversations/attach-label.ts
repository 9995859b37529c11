import { sql } from '../database/statement.js';

/**
 * Locks the conversation, so that its inbox and its holder cannot change until the COMMIT. It is a separate statement,
 * because one with the checks would read the state of before the wait.
 */
export const LOCK_CONVERSATION = sql`
  select id from conversations where tenant_id = $1 and id = $2 for no key update`;

/** Locks the label, so that it cannot be deleted before the attachment refers to it. */
export const LOCK_LABEL = sql`
  select inbox_id, name from labels where tenant_id = $1 and id = $2 and deleted_at is null for key share`;

/** $1 tenant, $2 conversation, $3 label. No row: it was attached before. */
export const ATTACH_LABEL = sql`
  insert into conversation_labels (tenant_id, conversation_id, label_id, last_message_at)
  select c.tenant_id, c.id, $3, c.last_message_at from conversations c where c.tenant_id = $1 and c.id = $2
  on conflict do nothing
  returning label_id`;

/** $1 tenant, $2 type, $3 conversation, $4 entry, $5 and $6 actor, $7 reason. The function record_in_place does the work. */
export const RECORD_LABELLING = sql`
  select record_in_place($1, $2, array[$3::uuid], array[$4::uuid], $5, $6, array[$7::text])`;

/** The holder who labels a conversation accepts it. $1 tenant, $2 conversation, $3 entry, $4 holder */
export const ACCEPT_BY_LABELLING = sql`
  select accept_conversations($1, array[$2::uuid], array[$3::uuid], 'OPERATOR', $4, 'Labelled')`;
