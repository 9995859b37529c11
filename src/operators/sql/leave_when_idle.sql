-- Makes an operator OFFLINE who asked for that and holds nothing any more, parked conversations included. Returns
-- whether it locked the operator. Then the caller takes no other lock in this transaction (docs/adr/0003). When there is
-- nothing to do, it costs a look at the operator. p_event: an id for the ledger.
create or replace function leave_when_idle(p_tenant uuid, p_operator uuid, p_event uuid)
returns boolean
language plpgsql volatile
as $$
declare
  pause_reason text;
begin
  -- Two statements: as one it would look for conversations of operators who do not leave.
  if not exists (
    select 1 from operators o where o.tenant_id = p_tenant and o.id = p_operator and o.next_status is not null) then
    return false;
  end if;
  if exists (
    select 1 from conversations c
    where c.tenant_id = p_tenant and c.assigned_operator_id = p_operator and c.state = 'ALLOCATED') then
    return false;
  end if;
  select o.status_reason into pause_reason from operators o
  where o.tenant_id = p_tenant and o.id = p_operator and o.next_status is not null
  for no key update;
  if not found then return false; end if;
  -- A statement after the lock: a supervisor may have given them something meanwhile.
  if not exists (
    select 1 from conversations c
    where c.tenant_id = p_tenant and c.assigned_operator_id = p_operator and c.state = 'ALLOCATED') then
    perform change_availability(p_tenant, p_operator, 'OFFLINE', pause_reason, null, p_event, 'SYSTEM', null,
      'The operator holds nothing any more, and asked to become OFFLINE then');
  end if;
  return true;
end
$$;
