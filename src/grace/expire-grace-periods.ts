import { ENTER_QUEUE } from '../conversations/queue-columns.js';
import { TRANSITIONS } from '../conversations/state-machine.js';
import { sql } from '../database/statement.js';

/** The tenants that have something due. Looks across tenants, by a function of its own. */
export const TENANTS_WITH_DUE_GRACE_PERIODS = sql`select tenants_with_due_grace_periods() as tenant_id`;

/**
 * Re-queues conversations of tenant $1 whose holder stayed away too long: one for each of the ids $2 for the ledger
 * entries at most, and only of operator $3 if that is given. Rows that another instance, a transition or the returning
 * operator holds are skipped: they decide, or the next run does. Conversations are locked before their grace periods,
 * as everywhere. And they are found by their key: "state = 'ALLOCATED'" would also allow the index of all that are held,
 * which looks cheap while the statistics do not know yet how many that are.
 */
export const EXPIRE_GRACE_PERIODS = sql`
  with due as materialized (
    select c.id, c.assigned_operator_id
    from grace_periods g
    join operators o on o.tenant_id = $1 and o.id = g.operator_id and o.availability = 'OFFLINE'
    join conversations c on c.tenant_id = $1 and c.id = g.conversation_id
      and c.state is not distinct from 'ALLOCATED' and c.assigned_operator_id = g.operator_id
    where g.tenant_id = $1 and g.expires_at <= now() and ($3::uuid is null or g.operator_id = $3)
    order by g.expires_at
    limit cardinality($2::uuid[])
    for no key update of c skip locked
    for update of g skip locked
  ), numbered as (
    select d.*, ($2::uuid[])[row_number() over (order by d.id)] as event_id from due d
  ), ended as (
    delete from grace_periods g using due d where g.tenant_id = $1 and g.conversation_id = d.id
  ), after as (
    update conversations c
    set state = '${TRANSITIONS.expireGrace.to}', assigned_operator_id = null, ${ENTER_QUEUE},
      version = c.version + 1, last_event_id = n.event_id, updated_at = now()
    from numbered n
    where c.tenant_id = $1 and c.id = n.id and c.state is not distinct from 'ALLOCATED'
    returning c.*, n.assigned_operator_id as from_operator_id
  )
  insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
    actor_type, reason, from_state, from_operator_id, from_inbox_id, to_state, to_inbox_id)
  select $1, a.last_event_id, '${TRANSITIONS.expireGrace.event}', a.id, a.inbox_id, a.external_conversation_id, a.version,
    'SYSTEM', 'The operator stayed OFFLINE past the grace period', 'ALLOCATED', a.from_operator_id, a.inbox_id,
    a.state, a.inbox_id
  from after a
  returning conversation_id, inbox_id`;

export const TENANTS_WITH_FORGOTTEN_CONVERSATIONS = sql`select tenants_with_forgotten_conversations() as tenant_id`;

/**
 * What a crash or a fault can leave: an absent holder without a grace period. They get one now. The operator is locked,
 * so that a return in between is not overrun.
 */
export const REPAIR_GRACE_PERIODS = sql`
  with absent as materialized (
    select o.id from operators o
    where o.tenant_id = $1 and o.availability = 'OFFLINE'
    order by o.id
    for no key update skip locked
  ), forgotten as materialized (
    select c.id, c.assigned_operator_id
    from absent o
    join conversations c on c.tenant_id = $1 and c.assigned_operator_id = o.id and c.state = 'ALLOCATED'
    where not exists (select from grace_periods g where g.tenant_id = $1 and g.conversation_id = c.id)
    order by c.id
    for no key update of c skip locked
  )
  insert into grace_periods (tenant_id, conversation_id, operator_id, expires_at)
  select $1, f.id, f.assigned_operator_id, now() + t.grace_period_seconds * interval '1 second'
  from tenants t cross join forgotten f
  where t.id = $1
  on conflict do nothing
  returning conversation_id`;
