import { sql } from '../database/statement.js';

/**
 * How a new label gets onto every conversation of its inbox. In one transaction, in this order: LOCK_CONVERSATIONS,
 * LOCK_INBOX, LOCK_CONVERSATIONS again, the insert of the label, ATTACH_TO_EXISTING.
 *
 * Guaranteed: the label and its attachments appear as if at one moment. Whatever lies in the inbox at that moment has
 * the label, and nothing else.
 * - A conversation on its way out is locked by its move. The lock waits and then finds it gone; or the move waits and
 *   then exchanges the label like any other.
 * - A conversation on its way in, new or moved, holds the inbox's key for its foreign key until it commits, so LOCK_INBOX
 *   waits for it and the second pass finds it; or it waits, is later than the label and meets it as one that exists.
 *
 * Conversations come before the inbox, as everywhere: most are locked by then, so the second pass only meets those that
 * came in between. Should one of these be held by somebody who in turn waits for the inbox, the deadlock is retried.
 */

/** Names the index that has a whole inbox; see conversations/list-indexes.ts. */
const BY_INBOX = `c.last_message_at > '-infinity'`;

/** $1 tenant, $2 inbox */
export const LOCK_CONVERSATIONS = sql`
  select count(*) from (
    select c.id from conversations c where c.tenant_id = $1 and c.inbox_id = $2 and ${BY_INBOX}
    order by c.external_conversation_id for no key update) locked`;

/** No foreign key can refer to it until the end: nothing comes into the inbox. $1 tenant, $2 inbox */
export const LOCK_INBOX = sql`select id from inboxes where tenant_id = $1 and id = $2 for update`;

/** $1 tenant, $2 inbox, $3 label */
export const ATTACH_TO_EXISTING = sql`
  insert into conversation_labels (tenant_id, conversation_id, label_id)
  select c.tenant_id, c.id, $3 from conversations c where c.tenant_id = $1 and c.inbox_id = $2 and ${BY_INBOX}`;
