-- The lead into which a lead was merged in the end; itself when it was not merged.
create or replace function current_lead(p_tenant uuid, p_lead uuid)
returns uuid
language plpgsql stable
as $$
declare
  into_lead uuid;
begin
  loop
    select l.merged_into_id into into_lead from leads l where l.tenant_id = p_tenant and l.id = p_lead;
    if into_lead is null then return p_lead; end if;
    p_lead := into_lead;
  end loop;
end
$$;
