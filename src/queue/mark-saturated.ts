import { sql } from '../database/statement.js';

/** The tenants that have something to mark. Looks across tenants, by a function of its own. */
export const TENANTS_TO_SATURATE = sql`select tenants_to_saturate() as tenant_id`;

/** As many at once at most: 20 ms on an idle machine. */
export const SATURATION_BATCH = 500;

/**
 * Marks up to $2 waiting conversations whose delay passed the cap, the oldest first: in the order of the
 * index, so that no batch reads all that are due. From then on the order among them depends on the count alone. Rows that
 * someone is just changing are left for the next run; allocate finds them either way.
 */
export const MARK_SATURATED = sql`
  with due as materialized (
    select c.id, queue_bonus(t.settings, c.message_count) as bonus
    from (
      -- OFFSET 0 makes one value of it: PostgreSQL 15 does not take the formula itself to the index.
      select s.settings, now() - queue_cap(s.settings) * interval '1 microsecond' as capped_before
      from queue_settings s where s.tenant_id = $1 offset 0) t
    cross join lateral (
      select c.id, c.message_count from conversations c
      where c.tenant_id = $1 and c.saturated = false and c.basis_at <= t.capped_before
      order by c.basis_at
      limit $2
      for no key update skip locked) c
  )
  update conversations c
  set saturated = true, queue_key = d.bonus
  from due d
  where c.tenant_id = $1 and c.id = any (array(select d.id from due d)) and c.id = d.id
  returning c.id`;
