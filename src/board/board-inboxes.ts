import { sql } from '../database/statement.js';
import { CUSTOMER_NAME } from './board-attention.js';

/**
 * What waits and who is there, for each inbox of tenant $1 that is active or in which something waits. Of what waits it
 * reads the oldest of each inbox and what is over the target; how many wait in all is in QUEUE_DEPTHS.
 */
export const BOARD_INBOXES = sql`
  with held as materialized (
    select c.assigned_operator_id as operator_id, count(*)::integer as load
    from conversations c
    where c.tenant_id = $1 and c.state = 'ALLOCATED' and not c.is_parked
    group by c.assigned_operator_id
  ), subscribed as materialized (
    select s.inbox_id, count(*) filter (where o.availability = 'AVAILABLE')::integer as available,
      count(*) filter (where o.availability = 'PAUSED')::integer as paused,
      count(*) filter (where o.availability = 'OFFLINE')::integer as offline,
      -- Null: somebody who is available has no limit.
      case when bool_or(o.availability = 'AVAILABLE' and o.max_load is null) then null else coalesce(sum(
        greatest(o.max_load - coalesce(h.load, 0), 0)) filter (where o.availability = 'AVAILABLE'), 0)::integer end as room
    from subscriptions s
    join operators o on o.tenant_id = $1 and o.id = s.operator_id and o.is_active
    left join held h on h.operator_id = s.operator_id
    where s.tenant_id = $1
    group by s.inbox_id
  )
  select i.id, i.name, w.id as oldest_id, w.customer_name as oldest_name, w.waiting_since,
    u.since as unattended_since, w.waiting_since + i.wait_target_seconds * interval '1 second' as target_at,
    case when w.waiting_since < now() - i.wait_target_seconds * interval '1 second' then (
      select count(*)::integer from conversations c
      where c.tenant_id = $1 and c.inbox_id = i.id and c.state = 'QUEUED' and c.waiting_since > '-infinity'
        and c.waiting_since < now() - i.wait_target_seconds * interval '1 second') else 0 end as over_target,
    coalesce(p.available, 0) as available, coalesce(p.paused, 0) as paused, coalesce(p.offline, 0) as offline,
    case when p.inbox_id is null then 0 else p.room end as room
  from inboxes i
  left join lateral (
    select c.id, c.waiting_since, ${CUSTOMER_NAME} as customer_name from conversations c
    -- The last condition makes the planner use the index conversations_waiting.
    where c.tenant_id = $1 and c.inbox_id = i.id and c.state = 'QUEUED' and c.waiting_since > '-infinity'
    order by c.waiting_since
    limit 1) w on true
  left join subscribed p on p.inbox_id = i.id
  left join unattended_inboxes u on u.tenant_id = $1 and u.inbox_id = i.id and u.reported_at is not null
  where i.tenant_id = $1 and (i.is_active or w.id is not null)
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
  available: number;
  paused: number;
  offline: number;
  /** How many more the available ones may hold; null when somebody has no limit. */
  room: number | null;
}

/** How many conversations wait in each inbox of tenant $1, from stored counts. Inboxes that never had one are missing. */
export const QUEUE_DEPTHS = sql`select inbox_id, depth from current_queue_depths($1)`;

export interface QueueDepthRow {
  inbox_id: string;
  depth: number;
}
