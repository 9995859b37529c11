import { sql } from '../database/statement.js';

/**
 * Starts the grace periods of conversations that OFFLINE operator $2 holds, by the clock of the database: of up to $4,
 * or of $3. Running ones continue. Returns one row for each that started.
 */
export const START_GRACE_PERIODS = sql`
  with held as materialized (
    -- The lock prevents a concurrent resolve from leaving a grace period behind.
    select c.id
    from operators o
    join conversations c on c.tenant_id = $1 and c.assigned_operator_id = o.id and c.state = 'ALLOCATED'
    where o.tenant_id = $1 and o.id = $2 and o.availability = 'OFFLINE' and ($3::uuid is null or c.id = $3)
    order by c.external_conversation_id, c.origin_inbox_id
    limit $4
    for no key update of c
  )
  insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at)
  select $1, h.id, 'GRACE', $2, now() + t.grace_period_seconds * interval '1 second'
  from tenants t cross join held h
  where t.id = $1
  order by h.id
  on conflict (tenant_id, conversation_id, kind) do nothing
  returning conversation_id`;

/** Whether operator $2 holds a conversation without a grace period. */
export const ARE_GRACE_PERIODS_MISSING = sql`
  select exists (
    select 1 from conversations c
    where c.tenant_id = $1 and c.assigned_operator_id = $2 and c.state = 'ALLOCATED' and not exists (
      select 1 from deadlines g where g.tenant_id = $1 and g.conversation_id = c.id and g.kind = 'GRACE' offset 0)) as missing`;

/**
 * Ends the grace periods of an operator who returned. The array forces key lookups; a join could read those of the
 * whole tenant.
 */
export const END_GRACE_PERIODS = sql`
  with mine as (
    -- IS NOT DISTINCT FROM: with the kind as a condition, a scan of the whole tenant could look as good as these keys.
    select g.conversation_id from deadlines g
    where g.tenant_id = $1 and g.operator_id = $2 and g.kind is not distinct from 'GRACE'
    order by g.conversation_id
    for update
  )
  delete from deadlines g
  where g.tenant_id = $1 and g.kind is not distinct from 'GRACE' and g.conversation_id = any (array(select m.conversation_id from mine m))`;
