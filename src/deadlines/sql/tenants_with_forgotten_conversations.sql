-- The tenants in which an absent operator holds a conversation without a grace period, so that nothing would ever
-- re-queue it. Those of deactivated operators are released.
create or replace function tenants_with_forgotten_conversations()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select distinct o.tenant_id
  from operators o
  cross join lateral (
    select c.id from conversations c
    where c.tenant_id = o.tenant_id and c.assigned_operator_id = o.id and c.state = 'ALLOCATED' offset 0) c
  where o.availability = 'OFFLINE' and o.is_active and not exists (
    select 1 from deadlines g where g.tenant_id = o.tenant_id and g.conversation_id = c.id and g.kind = 'GRACE' offset 0)
$$;
