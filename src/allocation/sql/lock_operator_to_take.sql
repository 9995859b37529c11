-- Locks an operator until the end of the transaction and returns the first reason why they cannot take one more
-- conversation, or null. Until then a change to OFFLINE, a change of the capacity and another take wait for the lock.
create or replace function lock_operator_to_take(p_tenant uuid, p_operator uuid)
returns text
language plpgsql volatile
as $$
begin
  return (lock_operator_reasons(p_tenant, p_operator))[1];
end
$$;
