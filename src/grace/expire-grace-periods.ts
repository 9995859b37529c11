import { TRANSITIONS } from '../ledger/state-machine.js';
import { sql, type Statement } from '../database/statement.js';
import { recordInFeed } from '../ledger/record-in-feed.js';

/** The tenants that have something due. Looks across tenants, by a function of its own. */
export const TENANTS_WITH_DUE_GRACE_PERIODS = sql`select tenants_with_due_grace_periods() as tenant_id`;

/** As many at once at most: with all that goes with them 40 ms on an idle machine. */
export const EXPIRY_BATCH = 500;
/** More than a batch: some may be skipped. With a limit they are read in order, and not sorted all for each batch. */
const LOOKED_AT = 4 * EXPIRY_BATCH;

/**
 * Re-queues the first conversations of tenant $1 whose holder stayed away too long: as many as there are ids for their
 * ledger entries in $2.
 */
export const EXPIRE_GRACE_PERIODS = expireWhere('true');

/** The same, only of operator $3. */
export const EXPIRE_GRACE_PERIODS_OF_OPERATOR = expireWhere('g.operator_id = $3');

/**
 * Rows that another instance, a transition or the returning operator holds are skipped: they decide, or the next run
 * does. Conversations are locked before their grace periods, as everywhere, and one by one: each LATERAL locks what the
 * one before found, so nothing beyond the batch is read or locked, whatever the planner knows of how much is due. What
 * they found is met again by its keys in an array: joined, all of the tenant would be compared with all of the batch
 * where the tables have not been analyzed yet, which takes minutes.
 */
function expireWhere(whose: string): Statement {
  return sql`
  with due as materialized (
    select c.*
    from (
      select g.conversation_id, g.operator_id from grace_periods g
      where g.tenant_id = $1 and g.expires_at <= now() and ${whose}
      order by g.expires_at
      limit ${String(LOOKED_AT)}) late
    cross join lateral (
      select c.id, c.assigned_operator_id, c.message_count, c.last_message_at, c.waiting_since from conversations c
      where c.tenant_id = $1 and c.id = late.conversation_id and c.assigned_operator_id = late.operator_id
        and c.state is not distinct from 'ALLOCATED'
        and (select o.availability from operators o where o.tenant_id = $1 and o.id = late.operator_id) = 'OFFLINE'
      for no key update skip locked) c
    cross join lateral (
      select 1 from grace_periods g
      where g.tenant_id = $1 and g.conversation_id = c.id and g.operator_id = c.assigned_operator_id
      for update skip locked) g
    limit cardinality($2::uuid[])
  ), numbered as (
    select d.id, d.assigned_operator_id, q.*, ($2::uuid[])[row_number() over (order by d.id)] as event_id
    from due d
    join queue_settings t on t.tenant_id = $1
    cross join lateral queue_position(t.settings, d.message_count, d.last_message_at, d.waiting_since) q
  ), ended as (
    delete from grace_periods g where g.tenant_id = $1 and g.conversation_id = any (array(select d.id from due d))
  ), after as (
    update conversations c
    set state = '${TRANSITIONS.expireGrace.to}', assigned_operator_id = null, basis_at = n.basis_at,
      saturated = n.saturated, queue_key = n.queue_key, version = c.version + 1, last_event_id = n.event_id,
      updated_at = now()
    from numbered n
    where c.tenant_id = $1 and c.id = any (array(select d.id from due d)) and c.id = n.id
      and c.state is not distinct from 'ALLOCATED'
    returning c.id, c.inbox_id, c.external_conversation_id, c.version, c.last_event_id, c.state,
      n.assigned_operator_id as from_operator_id
  ), entry as (
  insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
    actor_type, reason, from_state, from_operator_id, from_inbox_id, to_state, to_inbox_id)
  select $1, a.last_event_id, '${TRANSITIONS.expireGrace.event}', a.id, a.inbox_id, a.external_conversation_id, a.version,
    'SYSTEM', 'The operator stayed OFFLINE past the grace period', 'ALLOCATED', a.from_operator_id, a.inbox_id,
    a.state, a.inbox_id
  from after a
  returning id, inbox_id
  ), ${recordInFeed('$1', 'entry')}
  select inbox_id from entry`;
}

export const TENANTS_WITH_FORGOTTEN_CONVERSATIONS = sql`select tenants_with_forgotten_conversations() as tenant_id`;

/**
 * What a crash or a fault can leave: an absent holder without a grace period. They get one now, up to $2 at a time.
 * The operator is locked, so that a return in between is not overrun.
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
    where not exists (select 1 from grace_periods g where g.tenant_id = $1 and g.conversation_id = c.id)
    order by c.id
    limit $2
    for no key update of c skip locked
  )
  insert into grace_periods (tenant_id, conversation_id, operator_id, expires_at)
  select $1, f.id, f.assigned_operator_id, now() + t.grace_period_seconds * interval '1 second'
  from tenants t cross join forgotten f
  where t.id = $1
  on conflict do nothing
  returning conversation_id`;
