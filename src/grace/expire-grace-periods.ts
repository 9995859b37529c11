import { sql } from '../database/statement.js';

/** The tenants that have something due. Looks across tenants, by a function of its own. */
export const TENANTS_WITH_DUE_GRACE_PERIODS = sql`select tenants_with_due_grace_periods() as tenant_id`;

/** As many at once at most: with all that goes with them 40 ms on an idle machine. */
export const EXPIRY_BATCH = 500;

/**
 * Puts the first conversations of tenant $1 whose holder stayed away too long back into the queue: as many as there are
 * ids for their ledger entries in $2; with $3 only those of this operator. The work is in expire_grace_periods.
 */
export const EXPIRE_GRACE_PERIODS = sql`select inbox_id from expire_grace_periods($1, $2, $3)`;

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
