-- Identifies a batch of callers by ids, or, where there is no row with the id, by the claims of a token, which are then
-- external ids. The nth caller has no row when the tenant is unknown, and no operator when the operator is unknown. It
-- sets the tenant before each lookup, so that row-level security applies to each.
create or replace function identify_callers(
  p_tenants uuid[], p_operators uuid[], p_tenant_claims text[], p_operator_claims text[])
returns table (nth integer, tenant_id uuid, operator_id uuid, role text, is_active boolean, is_suspended boolean)
language plpgsql volatile
as $$
declare
  tenant uuid;
begin
  for n in 1 .. cardinality(p_tenants) loop
    for attempt in 1 .. 2 loop
      tenant := case attempt when 1 then p_tenants[n] else tenant_with_external_id(p_tenant_claims[n]) end;
      continue when tenant is null;
      perform set_config('app.tenant_id', tenant::text, true);
      select t.id, t.is_suspended into tenant_id, is_suspended
      from tenants t where t.id = tenant and t.deleted_at is null;
      continue when not found;
      -- Two lookups by a key each. A join with either of them reads all operators of the tenant.
      select o.id, o.role, o.is_active into operator_id, role, is_active
      from operators o where o.tenant_id = tenant and o.id = p_operators[n];
      if not found then
        select o.id, o.role, o.is_active into operator_id, role, is_active
        from operators o where o.tenant_id = tenant and o.external_id = p_operator_claims[n];
      end if;
      nth := n;
      return next;
      exit;
    end loop;
  end loop;
end
$$;
