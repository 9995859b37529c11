-- Locks an operator until the end of the transaction and returns their ineligibility reasons
-- (operator_ineligibility_reasons). Lock and count are two statements: a single one would not count what was allocated
-- while it waited for the lock.
create or replace function lock_operator_reasons(p_tenant uuid, p_operator uuid)
returns text[]
language plpgsql volatile
as $$
declare
  locked record;
  held bigint;
begin
  select o.is_active, o.availability, o.max_load,
    (select t.presence_timeout_seconds from tenants t where t.id = p_tenant) is null or is_present(p_tenant, o.id)
      as is_present
  into locked from operators o where o.tenant_id = p_tenant and o.id = p_operator
  for no key update;
  if not found then return array['NOT_FOUND']; end if;
  if locked.max_load is not null then
    select count(*) into held from conversations c
    where c.tenant_id = p_tenant and c.assigned_operator_id = p_operator and c.state = 'ALLOCATED'
      and not c.is_parked;
  end if;
  return operator_ineligibility_reasons(
    locked.is_active, locked.availability, locked.is_present, locked.max_load, held);
end
$$;
