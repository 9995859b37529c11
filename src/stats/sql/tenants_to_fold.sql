-- The tenants with ledger entries that are not folded: entries without a feed position, or after the folded position.
-- The limits keep the planner from joining, so that each tenant takes one or two index probes.
create or replace function tenants_to_fold()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select t.id
  from tenants t
  where exists (select 1 from feed_backlog b where b.tenant_id = t.id limit 1)
    or exists (
      select 1 from feed_positions p
      where p.tenant_id = t.id
        and p.position > coalesce((select f.position from folded_up_to f where f.tenant_id = t.id), 0)
      limit 1)
$$;
