import { sql } from '../database/statement.js';

/** A grace period is about to end this many seconds before it does. */
export const GRACE_ENDS_SOON_SECONDS = 600;
/** How long a customer may wait for a reply in an inbox that does not say it itself. */
export const UNANSWERED_SECONDS = 900;
/** What a customer calls themselves, or how else they are known. c is the conversation. */
export const CUSTOMER_NAME = `coalesce(c.display_name, c.customer_phone_number, c.customer_address, c.external_conversation_id)`;

/** The most of a kind. */
export const MOST_OF_A_KIND = 50;

/**
 * Conversations of tenant $1 that need attention: whose grace period ends within $2 seconds, and whose customer has waited
 * for a reply of the holder longer than the inbox allows, or $3 seconds. At most $4 of each kind, the longest first.
 */
export const BOARD_ATTENTION = sql`
  (select 'GRACE_ENDING' as kind, d.conversation_id, c.inbox_id, d.operator_id, d.started_at as since, d.expires_at as until,
    ${CUSTOMER_NAME} as customer_name
  from deadlines d
  join conversations c on c.tenant_id = $1 and c.id = d.conversation_id
  where d.tenant_id = $1 and d.kind = 'GRACE' and d.expires_at < now() + $2::integer * interval '1 second'
  order by d.expires_at
  limit $4)
  union all
  (select 'UNANSWERED', c.id, c.inbox_id, c.assigned_operator_id, c.awaiting_reply_since, null, ${CUSTOMER_NAME}
  from conversations c
  join inboxes i on i.tenant_id = $1 and i.id = c.inbox_id
  where c.tenant_id = $1 and c.state = 'ALLOCATED' and not c.is_parked
    and c.awaiting_reply_since < now() - coalesce(i.reply_within_seconds, $3::integer) * interval '1 second'
  order by c.awaiting_reply_since
  limit $4)`;

export interface BoardAttentionRow {
  kind: 'GRACE_ENDING' | 'UNANSWERED';
  conversation_id: string;
  inbox_id: string;
  operator_id: string;
  since: Date;
  until: Date | null;
  customer_name: string;
}
