-- The tenants in which a bulk runs.
create or replace function tenants_with_running_bulks()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select p.tenant_id from bulk_plans p where p.status = 'RUNNING'
$$;
