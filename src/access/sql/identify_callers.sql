-- Identifies a batch of callers. The nth caller has no row when the tenant is unknown, and no role when the operator is
-- unknown. It sets the tenant before each lookup, so that row-level security applies to each.
create or replace function identify_callers(p_tenants uuid[], p_operators uuid[])
returns table (nth integer, role text, is_active boolean, is_suspended boolean)
language plpgsql volatile
as $$
begin
  for n in 1 .. cardinality(p_tenants) loop
    perform set_config('app.tenant_id', p_tenants[n]::text, true);
    return query
    select n, o.role, o.is_active, t.is_suspended
    from tenants t left join operators o on o.tenant_id = t.id and o.id = p_operators[n]
    where t.id = p_tenants[n] and t.deleted_at is null;
  end loop;
end
$$;
