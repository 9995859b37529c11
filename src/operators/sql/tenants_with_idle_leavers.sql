-- The tenants in which an operator holds nothing any more who asked to become OFFLINE then.
create or replace function tenants_with_idle_leavers()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select distinct o.tenant_id
  from operators o
  where o.next_status is not null and not exists (
    select 1 from conversations c
    where c.tenant_id = o.tenant_id and c.assigned_operator_id = o.id and c.state = 'ALLOCATED' offset 0)
$$;
