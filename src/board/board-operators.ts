import type { Availability } from '../operators/operator.js';

/** A common table expression: the inboxes of each operator of tenant $1. */
export const SUBSCRIBED = `
  subscribed as materialized (
    select s.operator_id, array_agg(s.inbox_id order by s.inbox_id) as inbox_ids
    from subscriptions s where s.tenant_id = $1 group by s.operator_id
  )`;

/** The active operators of tenant $1, with what they hold and when they were last given something. */
export const BOARD_OPERATORS = `
  select o.id, o.name, o.availability, o.status_reason, o.last_status_change_at, o.max_load, coalesce(h.load, 0) as load,
    coalesce(h.parked, 0) as parked, g.last_given_at, coalesce(s.inbox_ids, '{}') as inbox_ids
  from operators o
  left join held_by h on h.operator_id = o.id
  left join last_given g on g.operator_id = o.id
  left join subscribed s on s.operator_id = o.id
  where o.tenant_id = $1 and o.is_active
  order by o.name, o.id`;

export interface BoardOperatorRow {
  id: string;
  name: string;
  availability: Availability;
  status_reason: string | null;
  last_status_change_at: string;
  max_load: number | null;
  load: number;
  parked: number;
  last_given_at: string | null;
  inbox_ids: string[];
}
