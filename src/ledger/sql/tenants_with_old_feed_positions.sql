-- The tenants whose feed begins with an entry that is older than p_days: a probe of two indexes for each.
create or replace function tenants_with_old_feed_positions(p_days integer)
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select t.id
  from tenants t
  cross join lateral (
    select p.event_id from feed_positions p where p.tenant_id = t.id order by p.position limit 1) f
  cross join lateral (
    select e.occurred_at from conversation_events e where e.tenant_id = t.id and e.id = f.event_id offset 0) e
  where e.occurred_at <= now() - make_interval(days => p_days)
$$;
