-- The tenants with outlooks; forget_outlooks knows which of these are too old or too many.
create or replace function tenants_with_kept_outlooks()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select p.tenant_id from outlook_progress p
  where exists (select 1 from outlooks o where o.tenant_id = p.tenant_id limit 1)
$$;
