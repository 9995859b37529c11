-- The deleted tenants that still have rows.
create or replace function tenants_to_delete()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select t.id from tenants t where t.is_suspended and t.deleted_at is not null
$$;
