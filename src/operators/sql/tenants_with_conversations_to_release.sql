-- The tenants in which a deactivated operator still holds conversations.
create or replace function tenants_with_conversations_to_release()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select distinct o.tenant_id
  from operators o
  where not o.is_active and exists (
    select 1 from conversations c
    where c.tenant_id = o.tenant_id and c.assigned_operator_id = o.id and c.state = 'ALLOCATED' offset 0)
$$;
