-- Locks the operators who ask and answers for each why they may not be given a conversation, or null. HELD_UP: somebody
-- else has locked them, or they are named twice. With p_may_wait, which is for a single operator, it waits.
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
  -- Behind the locks: with them it would still count what was held before it waited.
  return array(
    select case
      when o.id is null then 'NOT_FOUND'
      when o.id = any (locked) and array_position(p_operators, m.id) = m.n then (operator_ineligibility_reasons(
        o.is_active, o.availability, o.max_load, case when o.max_load is not null then (
          select count(*) from conversations c
          where c.tenant_id = p_tenant and c.assigned_operator_id = o.id and c.state = 'ALLOCATED') end))[1]
      else 'HELD_UP' end
    from unnest(p_operators) with ordinality as m (id, n)
    -- By key for each, not all operators of the tenant.
    left join lateral (
      select x.id, x.is_active, x.availability, x.max_load from operators x
      where x.tenant_id = p_tenant and x.id = m.id offset 0) o on true
    order by m.n);
end
$$;
