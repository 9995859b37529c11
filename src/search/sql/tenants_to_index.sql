-- The tenants with conversations that are not in the index of the search by parts yet.
create or replace function tenants_to_index()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select distinct b.tenant_id from search_backlog b
$$;
