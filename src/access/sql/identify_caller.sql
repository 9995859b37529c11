-- Identifies one caller of one tenant by the id of the operator, or by what a token calls the operator. For Citus, where
-- identify_callers would have to look at several nodes: this runs on the node of the tenant.
create or replace function identify_caller(p_tenant uuid, p_operator uuid, p_operator_claim text)
returns table (tenant_id uuid, operator_id uuid, role text, is_active boolean, is_suspended boolean)
language plpgsql volatile
as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select t.id, t.is_suspended into tenant_id, is_suspended
  from tenants t where t.id = p_tenant and t.deleted_at is null;
  if not found then return; end if;
  select o.id, o.role, o.is_active into operator_id, role, is_active
  from operators o where o.tenant_id = p_tenant and o.id = p_operator;
  if not found then
    select o.id, o.role, o.is_active into operator_id, role, is_active
    from operators o where o.tenant_id = p_tenant and o.external_id = p_operator_claim;
  end if;
  return next;
end
$$;
