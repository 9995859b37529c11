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
export const BOARD_ATTENTION = `
  (select 'GRACE_ENDING' as kind, d.conversation_id, c.inbox_id, d.operator_id, d.started_at as since, d.expires_at as until,
    ${CUSTOMER_NAME} as customer_name
  from (
    select d.conversation_id, d.operator_id, d.started_at, d.expires_at from deadlines d
    where d.tenant_id = $1 and d.kind = 'GRACE' and d.expires_at > '-infinity'
      and d.expires_at < now() + $2::integer * interval '1 second'
    order by d.expires_at, d.conversation_id
    limit $4) d
  cross join lateral (select c.* from conversations c where c.tenant_id = $1 and c.id = d.conversation_id offset 0) c
  order by d.expires_at)
  union all
  (select 'UNANSWERED', h.id, h.inbox_id, h.operator_id, h.awaiting_reply_since, null, ${CUSTOMER_NAME}
  from (
    select h.* from holding h
    join inboxes i on i.tenant_id = $1 and i.id = h.inbox_id
    where not h.is_parked
      and h.awaiting_reply_since < now() - coalesce(i.reply_within_seconds, $3::integer) * interval '1 second'
    order by h.awaiting_reply_since
    limit $4) h
  cross join lateral (select c.* from conversations c where c.tenant_id = $1 and c.id = h.id offset 0) c
  order by h.awaiting_reply_since)`;

export interface BoardAttentionRow {
  kind: 'GRACE_ENDING' | 'UNANSWERED';
  conversation_id: string;
  inbox_id: string;
  operator_id: string;
  since: string;
  until: string | null;
  customer_name: string;
}
