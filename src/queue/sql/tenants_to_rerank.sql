-- The tenants for which an instance died before it finished a change of the weights.
create or replace function tenants_to_rerank()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select t.id from tenants t where t.reranked_up_to is not null
$$;
