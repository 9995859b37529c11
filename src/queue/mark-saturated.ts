import { sql } from '../database/statement.js';

/** The tenants with rows to mark. This calls a function because it reads across tenants. */
export const TENANTS_TO_SATURATE = sql`select tenants_to_saturate() as tenant_id`;

/** The largest batch. It takes 20 ms on an idle machine. */
export const SATURATION_BATCH = 500;

/**
 * Marks up to $2 waiting conversations whose delay passed the cap, the oldest first. This is the order of the index,
 * so that a batch does not read all due rows. From then on only the count orders them. Locked rows are left for the
 * next run; allocate considers them either way.
 */
export const MARK_SATURATED = sql`
  with due as materialized (
    select c.id, queue_bonus(t.settings, queue_count(t.settings, c.message_count, c.waiting_message_count))
      + queue_boost(t.settings, c.boost_minutes) as queue_key
    from (
      -- OFFSET 0 makes this a single value, because PostgreSQL 15 cannot use the formula itself as an index bound.
      select s.settings, now() - queue_cap(s.settings) * interval '1 microsecond' as capped_before
      from queue_settings s where s.tenant_id = $1 offset 0) t
    cross join lateral (
      select c.id, c.message_count, c.waiting_message_count, c.boost_minutes from conversations c
      where c.tenant_id = $1 and c.saturated = false and c.basis_at <= t.capped_before
      order by c.basis_at
      limit $2
      for no key update skip locked) c
  )
  update conversations c
  set saturated = true, queue_key = d.queue_key
  from due d
  where c.tenant_id = $1 and c.id = any (array(select d.id from due d)) and c.id = d.id
  returning c.id`;
