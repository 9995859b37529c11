-- The tenants with deleted webhooks whose deliveries are still stored.
create or replace function tenants_with_deleted_webhooks()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select distinct w.tenant_id from webhooks w where w.deleted_at is not null
$$;
