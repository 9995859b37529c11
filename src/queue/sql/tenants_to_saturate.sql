-- The tenants with waiting conversations that passed the cap of the delay and are not marked yet. OFFSET 0 keeps it one
-- probe per tenant. The ORDER BY names the index to use.
create or replace function tenants_to_saturate()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select t.tenant_id from queue_settings t
  where queue_cap(t.settings) < 'Infinity' and exists (
    select 1 from conversations c
    where c.tenant_id = t.tenant_id and c.saturated = false
      and c.basis_at <= now() - queue_cap(t.settings) * interval '1 microsecond'
    order by c.basis_at offset 0)
$$;
