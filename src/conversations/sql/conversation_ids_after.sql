-- The next ids of conversations of a tenant after p_after and up to p_last, in order. The settings make it read the
-- primary key in its order: a planner that takes the tenant for a small one would sort all that follow.
create or replace function conversation_ids_after(p_tenant uuid, p_after uuid, p_last uuid, p_limit integer)
returns uuid[]
language plpgsql stable
set enable_sort = off
set enable_bitmapscan = off
as $$
begin
  return array(
    select c.id from conversations c
    where c.tenant_id = p_tenant and c.id > p_after and c.id <= p_last
    order by c.id
    limit p_limit);
end
$$;
