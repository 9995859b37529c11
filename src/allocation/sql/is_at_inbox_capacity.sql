-- Whether an operator holds as many conversations of an inbox as their subscription to it allows. The caller has locked
-- the operator in an earlier statement.
create or replace function is_at_inbox_capacity(p_tenant uuid, p_operator uuid, p_inbox uuid)
returns boolean
language plpgsql stable
as $$
begin
  return exists (
    select 1 from subscriptions s
    where s.tenant_id = p_tenant and s.inbox_id = p_inbox and s.operator_id = p_operator and s.max_load is not null
      and s.max_load <= (
        select count(*) from conversations c
        where c.tenant_id = p_tenant and c.assigned_operator_id = p_operator and c.state = 'ALLOCATED'
          and c.inbox_id = p_inbox and not c.is_parked));
end
$$;
