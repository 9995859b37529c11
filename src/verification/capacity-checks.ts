import { breach, warning, type Check } from './check.js';

/**
 * Operators above their maxLoad, and how each conversation they hold came to them.
 *
 * The ledger does not record maxLoad, but the operator's row tells since when it is the same. If allocate, claim or
 * distribute gave an operator a conversation after that, while they held maxLoad others that they still hold, it was one
 * too many: `proven`. A conversation counts as held before only when it is earlier both by the clock and by its position
 * in the feed. A minute is added, which is longer than a change of maxLoad can wait for the operator's row. So nothing is
 * reported wrongly.
 */
const ABOVE_MAX_LOAD = `
  with above as materialized (
    select o.id, o.name, o.max_load, o.updated_at, l.load
    from operators o
    cross join lateral (
      select count(*)::integer as load from conversations c
      where c.tenant_id = $1 and c.assigned_operator_id = o.id and c.state = 'ALLOCATED') l
    where o.tenant_id = $1 and l.load > o.max_load
  ), held as materialized (
    select a.id as operator_id, a.max_load, a.updated_at, e.conversation_id, e.type, e.occurred_at, e.position
    from above a
    join conversations c on c.tenant_id = $1 and c.assigned_operator_id = a.id and c.state = 'ALLOCATED'
    cross join lateral (
      -- What has no place yet comes behind all that have one.
      select e.conversation_id, e.type, e.occurred_at, coalesce(p.position, 9223372036854775807) as position
      from conversation_events e
      left join feed_positions p on p.tenant_id = $1 and p.event_id = e.id
      where e.tenant_id = $1 and e.conversation_id = c.id and e.to_operator_id = a.id
        and e.from_operator_id is distinct from a.id
      order by e.version desc
      limit 1) e
  ), proven as materialized (
    select h.operator_id, h.conversation_id, h.type, h.occurred_at
    from held h
    where h.type in ('conversation.allocated', 'conversation.claimed', 'conversation.distributed')
      and h.occurred_at > h.updated_at + interval '1 minute'
      and (select count(*) from held b
        where b.operator_id = h.operator_id and b.conversation_id <> h.conversation_id
          and b.occurred_at <= h.occurred_at and b.position <= h.position) >= h.max_load
  )`;

/** allocate, claim and distribute never take an operator above maxLoad; a supervisor and a lowered maxLoad may. */
export const CAPACITY_CHECKS: readonly Check[] = [
  breach(
    'capacity',
    `${ABOVE_MAX_LOAD}
    select 'operator' as subject, a.id, format('holds %s of at most %s conversations; %s was %s when they had enough',
      a.load, a.max_load, p.conversation_id, replace(p.type, 'conversation.', '')) as problem
    from above a join proven p on p.operator_id = a.id`,
  ),
  warning(
    'capacity-lowered',
    `${ABOVE_MAX_LOAD}
    select 'operator' as subject, a.id, format('holds %s of at most %s conversations, %s of them given by a supervisor: '
      || 'their maxLoad was lowered, or an allocation went too far before their last change', a.load, a.max_load,
      r.reassigned) as problem
    from above a
    cross join lateral (
      select count(*) as reassigned from held h
      where h.operator_id = a.id and h.type = 'conversation.reassigned') r
    where a.load - a.max_load > r.reassigned and not exists (select 1 from proven p where p.operator_id = a.id)`,
  ),
];
