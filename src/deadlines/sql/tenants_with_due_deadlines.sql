-- The tenants in which a deadline has ended: one probe for each kind.
create or replace function tenants_with_due_deadlines()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select t.id from tenants t
  where exists (
    select 1 from unnest(array['GRACE', 'ACCEPT', 'REPLY', 'PARK']) as k (kind)
    cross join lateral (
      select 1 from deadlines d
      where d.tenant_id = t.id and d.kind = k.kind and d.expires_at > '-infinity' and d.expires_at <= now()
      limit 1) d)
$$;
