import { sql } from '../database/statement.js';
import type { Availability } from '../operators/operator.js';

/**
 * The active operators of tenant $1, with what they hold and when they were last given something: from the totals of the
 * ledger, and from its entries since they were made ($2 is an hour ago).
 */
export const BOARD_OPERATORS = sql`
  with held as materialized (
    select c.assigned_operator_id as operator_id, count(*) filter (where not c.is_parked)::integer as load,
      count(*) filter (where c.is_parked)::integer as parked
    from conversations c
    where c.tenant_id = $1 and c.state = 'ALLOCATED'
    group by c.assigned_operator_id
  ), totals as materialized (
    select a.operator_id, max(a.last_at) as given_at
    from activity_series a
    where a.tenant_id = $1 and a.type in (
      'conversation.allocated', 'conversation.claimed', 'conversation.distributed', 'conversation.reassigned')
    group by a.operator_id
  ), lately as materialized (
    select e.to_operator_id as operator_id, max(e.occurred_at) as given_at
    from (
      select l.to_operator_id, l.from_operator_id, l.occurred_at from conversation_events l
      where l.tenant_id = $1 and l.occurred_at > '-infinity' and l.occurred_at >= $2
      order by l.occurred_at) e
    where e.to_operator_id is distinct from e.from_operator_id
    group by e.to_operator_id
  ), subscribed as materialized (
    select s.operator_id, array_agg(s.inbox_id order by s.inbox_id) as inbox_ids
    from subscriptions s where s.tenant_id = $1 group by s.operator_id
  )
  select o.id, o.name, o.availability, o.status_reason, o.last_status_change_at, o.max_load, coalesce(h.load, 0) as load,
    coalesce(h.parked, 0) as parked, greatest(t.given_at, n.given_at) as last_given_at, coalesce(s.inbox_ids, '{}') as inbox_ids
  from operators o
  left join held h on h.operator_id = o.id
  left join totals t on t.operator_id = o.id
  left join lately n on n.operator_id = o.id
  left join subscribed s on s.operator_id = o.id
  where o.tenant_id = $1 and o.is_active
  order by o.name, o.id`;

export interface BoardOperatorRow {
  id: string;
  name: string;
  availability: Availability;
  status_reason: string | null;
  last_status_change_at: Date;
  max_load: number | null;
  load: number;
  parked: number;
  last_given_at: Date | null;
  inbox_ids: string[];
}
