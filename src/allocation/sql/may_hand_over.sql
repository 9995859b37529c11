-- Whether a caller may give back and hand over what they hold. MANAGERs and ADMINs always may: they see the whole tenant.
create or replace function may_hand_over(p_tenant uuid, p_sees_all boolean)
returns boolean
language plpgsql stable
as $$
begin
  return p_sees_all or exists (select 1 from tenants t where t.id = p_tenant and t.operators_may_hand_over);
end
$$;
