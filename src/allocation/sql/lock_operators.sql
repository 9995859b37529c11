-- Locks the operators of a batch and returns for each the reason why they cannot get a conversation, or null. HELD_UP:
-- another transaction has locked the operator, or the batch names them twice. With p_may_wait, which is for a single
-- operator, it waits for the lock.
create or replace function lock_operators(p_tenant uuid, p_operators uuid[], p_may_wait boolean)
returns text[]
language plpgsql volatile
as $$
declare
  locked uuid[];
begin
  if p_may_wait then
    locked := array(
      select o.id from operators o where o.tenant_id = p_tenant and o.id = p_operators[1] for no key update);
  else
    locked := array(
      select o.id from operators o where o.tenant_id = p_tenant and o.id = any (p_operators) order by o.id
      for no key update skip locked);
  end if;
  -- A statement after the locks: together with them it would count the load from before it waited.
  return array(
    select case
      when o.id is null then 'NOT_FOUND'
      when o.id = any (locked) and array_position(p_operators, m.id) = m.n then (operator_ineligibility_reasons(
        o.is_active, o.availability,
        (select t.presence_timeout_seconds from tenants t where t.id = p_tenant) is null or is_present(p_tenant, o.id),
        o.max_load, case when o.max_load is not null then (
          select count(*) from conversations c
          where c.tenant_id = p_tenant and c.assigned_operator_id = o.id and c.state = 'ALLOCATED'
            and not c.is_parked) end))[1]
      else 'HELD_UP' end
    from unnest(p_operators) with ordinality as m (id, n)
    -- LATERAL with OFFSET 0 reads each by its key instead of all operators of the tenant.
    left join lateral (
      select x.id, x.is_active, x.availability, x.max_load from operators x
      where x.tenant_id = p_tenant and x.id = m.id offset 0) o on true
    order by m.n);
end
$$;
