import { sql } from '../database/statement.js';
import { CUSTOMER_NAME } from './board-attention.js';

/** The most waits over the target of an inbox that are counted. */
const MAX_OVER_TARGET = 1_000;

/**
 * What waits in each inbox of tenant $1 that is active or in which something waits. How many wait in all is in QUEUE_DEPTHS,
 * who is there in BOARD_PEOPLE.
 */
export const BOARD_INBOXES = sql`
  select i.id, i.name, w.conversation_id as oldest_id, c.customer_name as oldest_name, w.waiting_since,
    u.since as unattended_since, w.waiting_since + i.wait_target_seconds * interval '1 second' as target_at,
    coalesce(w.over_target, 0) as over_target
  from inboxes i
  left join waits_of_inboxes($1, ${MAX_OVER_TARGET.toString()}) w on w.inbox_id = i.id
  left join lateral (
    select ${CUSTOMER_NAME} as customer_name from conversations c
    where c.tenant_id = $1 and c.id = w.conversation_id offset 0) c on true
  left join unattended_inboxes u on u.tenant_id = $1 and u.inbox_id = i.id and u.reported_at is not null
  where i.tenant_id = $1 and (i.is_active or w.conversation_id is not null)
  order by i.name, i.id`;

export interface BoardInboxRow {
  id: string;
  name: string;
  oldest_id: string | null;
  oldest_name: string | null;
  waiting_since: Date | null;
  /** Since when something waits and nobody is there, once it was reported. */
  unattended_since: Date | null;
  /** When the oldest one passes or passed the target; null without a target. */
  target_at: Date | null;
  over_target: number;
}

/** How many conversations wait in each inbox of tenant $1, from stored counts. Inboxes that never had one are missing. */
export const QUEUE_DEPTHS = sql`select inbox_id, depth from current_queue_depths($1)`;

export interface QueueDepthRow {
  inbox_id: string;
  depth: number;
}
