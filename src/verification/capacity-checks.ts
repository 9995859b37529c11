import { breach, warning, type Check } from './check.js';
import { WAITING_FOR_POSITION } from './feed-checks.js';

/**
 * Operators above their maxLoad, and how they received each conversation they hold.
 * | The ledger does not record maxLoad, but updated_at of the operator shows since when it is unchanged. A breach is
 * `proven` when allocate, claim, distribute or transfer gave the operator a conversation after that time, although they held
 * maxLoad others that they still hold. To report nothing wrongly, a conversation counts as held before only when both
 * its time and its feed position are earlier. An extra minute covers the longest time that a change of maxLoad can
 * wait for the row lock. What was unparked later may have been parked then, and is not counted.
 */
const ABOVE_MAX_LOAD = `
  with above as materialized (
    select o.id, o.name, o.max_load, o.updated_at, l.load
    from operators o
    cross join lateral (
      select count(*)::integer as load from conversations c
      where c.tenant_id = $1 and c.assigned_operator_id = o.id and c.state = 'ALLOCATED'
        and not c.is_parked) l
    where o.tenant_id = $1 and l.load > o.max_load
  ), held as materialized (
    select a.id as operator_id, a.max_load, a.updated_at, e.conversation_id, e.type, e.occurred_at, e.position,
      u.unparked_at
    from above a
    join conversations c on c.tenant_id = $1 and c.assigned_operator_id = a.id and c.state = 'ALLOCATED'
      and not c.is_parked
    cross join lateral (
      -- Entries that wait for a position are later than all entries with one, those without are earlier.
      select e.conversation_id, e.type, e.occurred_at,
        coalesce(p.position, case when e.id in (${WAITING_FOR_POSITION}) then 9223372036854775807 else 0 end) as position
      from conversation_events e
      left join feed_positions p on p.tenant_id = $1 and p.event_id = e.id
      where e.tenant_id = $1 and e.conversation_id = c.id and e.to_operator_id = a.id
        and e.from_operator_id is distinct from a.id
      order by e.version desc
      limit 1) e
    cross join lateral (
      select max(u.occurred_at) as unparked_at from conversation_events u
      where u.tenant_id = $1 and u.conversation_id = c.id and u.type = 'conversation.unparked'
        and u.occurred_at >= e.occurred_at) u
  ), proven as materialized (
    select h.operator_id, h.conversation_id, h.type, h.occurred_at
    from held h
    where h.type in ('conversation.allocated', 'conversation.claimed', 'conversation.distributed', 'conversation.transferred')
      and h.occurred_at > h.updated_at + interval '1 minute'
      and (select count(*) from held b
        where b.operator_id = h.operator_id and b.conversation_id <> h.conversation_id
          and b.occurred_at <= h.occurred_at and b.position <= h.position
          and (b.unparked_at >= h.occurred_at) is not true) >= h.max_load
  )`;

/**
 * allocate, claim, distribute and transfer never exceed maxLoad. A supervisor and an unparking can, and lowering
 * maxLoad can leave operators above it.
 */
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
    select 'operator' as subject, a.id, format('holds %s of at most %s conversations, %s of them given by a supervisor or unparked: ' || 'their maxLoad was lowered, or an allocation exceeded it before their last change', a.load, a.max_load,
      r.reassigned) as problem
    from above a
    cross join lateral (
      select count(*) as reassigned from held h
      where h.operator_id = a.id and (h.type = 'conversation.reassigned' or h.unparked_at is not null)) r
    where a.load - a.max_load > r.reassigned and not exists (select 1 from proven p where p.operator_id = a.id)`,
  ),
  warning(
    'subscription-capacity',
    // A supervisor can exceed it, and so can a move or an unparking. Lowering it can leave operators above it.
    `select 'operator' as subject, s.operator_id as id,
      format('holds %s conversations of inbox %s, of at most %s', l.load, s.inbox_id, s.max_load) as problem
    from subscriptions s
    cross join lateral (
      select count(*)::integer as load, count(*) filter (where exists (
        select 1 from conversation_events e
        where e.tenant_id = $1 and e.conversation_id = c.id and e.to_operator_id = s.operator_id
          and e.type in ('conversation.reassigned', 'conversation.moved', 'conversation.unparked'))) as beyond
      from conversations c
      where c.tenant_id = $1 and c.assigned_operator_id = s.operator_id and c.state = 'ALLOCATED'
        and c.inbox_id = s.inbox_id and not c.is_parked) l
    where s.tenant_id = $1 and l.load - s.max_load > l.beyond`,
  ),
];
