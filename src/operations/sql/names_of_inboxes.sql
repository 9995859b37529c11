-- The names of inboxes and of their tenants. Metrics have the ids only; dashboards and alerts show the names.
create or replace function names_of_inboxes(p_tenant_ids uuid[], p_inbox_ids uuid[])
returns table (tenant_id uuid, inbox_id uuid, tenant_name text, inbox_name text)
language plpgsql stable security definer
set search_path = public, pg_temp
as $$
begin
  return query
  select i.tenant_id, i.id, t.name, i.name
  from unnest(p_tenant_ids, p_inbox_ids) as named (tenant_id, inbox_id)
  join inboxes i on i.tenant_id = named.tenant_id and i.id = named.inbox_id
  join tenants t on t.id = i.tenant_id;
end
$$;
