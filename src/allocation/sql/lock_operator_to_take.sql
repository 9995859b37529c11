-- The first reason why the operator may not be given one more conversation now, or null. Locks the operator until the end
-- of the transaction: a change to OFFLINE, a change of the capacity and another take wait for it.
create or replace function lock_operator_to_take(p_tenant uuid, p_operator uuid)
returns text
language plpgsql volatile
as $$
begin
  return (lock_operator_reasons(p_tenant, p_operator))[1];
end
$$;
