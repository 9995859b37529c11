-- The tenants in which a merged lead still has conversations to move.
create or replace function tenants_with_merging_leads()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select distinct l.tenant_id from leads l where l.is_merging
$$;
