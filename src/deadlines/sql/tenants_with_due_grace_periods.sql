-- The tenants in which a grace period has ended and the holder is still OFFLINE.
create or replace function tenants_with_due_grace_periods()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select t.id from tenants t
  where exists (select 1 from deadlines g where g.tenant_id = t.id and g.kind = 'GRACE' and g.expires_at > '-infinity' and g.expires_at <= now())
$$;
