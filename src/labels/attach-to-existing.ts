import { sql } from '../database/statement.js';

/**
 * Attaches a new label to every conversation of its inbox. In one transaction, in this order: LOCK_CONVERSATIONS,
 * LOCK_INBOX, LOCK_CONVERSATIONS again, the insert of the label, ATTACH_TO_EXISTING.
 * | The label and its attachments appear at one moment. At that moment exactly the conversations of the inbox have the
 * label:
 * - A conversation that leaves the inbox is locked by its move. If the move is first, the lock waits and then skips
 * the conversation. Otherwise the move waits and then exchanges the label.
 * - A conversation that enters the inbox, new or moved, holds a key lock on the inbox for its foreign key until it
 * commits. If it is first, LOCK_INBOX waits for it, and the second pass locks it. Otherwise it waits and sees the
 * label as an existing one.
 * | Conversations are locked before the inbox, as everywhere. The second pass meets only conversations that entered in
 * between. If one of these is held by a transaction that waits for the inbox, the deadlock is retried.
 */

/** Makes the planner use the index of a whole inbox; see conversations/list-indexes.ts. */
const BY_INBOX = `c.last_message_at > '-infinity'`;

/** $1 tenant, $2 inbox */
export const LOCK_CONVERSATIONS = sql`
  select count(*) from (
    select c.id from conversations c where c.tenant_id = $1 and c.inbox_id = $2 and ${BY_INBOX}
    order by c.external_conversation_id for no key update) locked`;

/** Until the COMMIT no foreign key can refer to the inbox, so no conversation can enter it. $1 tenant, $2 inbox */
export const LOCK_INBOX = sql`select id from inboxes where tenant_id = $1 and id = $2 for update`;

/** $1 tenant, $2 inbox, $3 label */
export const ATTACH_TO_EXISTING = sql`
  insert into conversation_labels (tenant_id, conversation_id, label_id)
  select c.tenant_id, c.id, $3 from conversations c where c.tenant_id = $1 and c.inbox_id = $2 and ${BY_INBOX}`;
