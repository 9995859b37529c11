-- The tenants whose background work rests.
create or replace function suspended_tenants()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select t.id from tenants t where t.is_suspended
$$;
