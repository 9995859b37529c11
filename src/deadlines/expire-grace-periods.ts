import { sql } from '../database/statement.js';

/** The largest batch. It takes 40 ms on an idle machine, with all related writes. */
export const EXPIRY_BATCH = 500;

/**
 * Queues the conversations of tenant $1 with the oldest due grace periods again: as many as $2 has ids for ledger
 * entries. $3 restricts it to one operator. The function expire_grace_periods does the work.
 */
export const EXPIRE_GRACE_PERIODS = sql`select inbox_id, null::uuid as operator_id from expire_grace_periods($1, $2, $3)`;

export const TENANTS_WITH_FORGOTTEN_CONVERSATIONS = sql`select tenants_with_forgotten_conversations() as tenant_id`;

/**
 * Starts missing grace periods of OFFLINE holders, up to $2. A crash or an error can leave conversations without one.
 * The operator row is locked, so that a concurrent return to AVAILABLE is not overwritten.
 */
export const REPAIR_GRACE_PERIODS = sql`
  with absent as materialized (
    select o.id from operators o
    where o.tenant_id = $1 and o.availability = 'OFFLINE' and o.is_active
    order by o.id
    for no key update skip locked
  ), forgotten as materialized (
    select c.id, c.assigned_operator_id
    from absent o
    join conversations c on c.tenant_id = $1 and c.assigned_operator_id = o.id and c.state = 'ALLOCATED'
    -- OFFSET 0 makes this one lookup for each; a join could read all deadlines of the tenant for each.
    where not exists (
      select 1 from deadlines g where g.tenant_id = $1 and g.conversation_id = c.id and g.kind is not distinct from 'GRACE' offset 0)
    order by c.id
    limit $2
    for no key update of c skip locked
  )
  insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at)
  select $1, f.id, 'GRACE', f.assigned_operator_id, now() + t.grace_period_seconds * interval '1 second'
  from tenants t cross join forgotten f
  where t.id = $1
  on conflict do nothing
  returning conversation_id`;
