-- Whether an operator may take conversations from an inbox: they are subscribed, or the tenant has autoSubscribe on.
create or replace function may_take_from(p_tenant uuid, p_operator uuid, p_inbox uuid)
returns boolean
language plpgsql stable
as $$
begin
  return exists (
    select 1 from subscriptions s
    where s.tenant_id = p_tenant and s.inbox_id = p_inbox and s.operator_id = p_operator
    union all
    select 1 from tenants t where t.id = p_tenant and t.auto_subscribe);
end
$$;
