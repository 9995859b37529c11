-- The tenants in which somebody asked for an outlook in the last seven days. Only their ledger is folded.
create or replace function tenants_with_outlooks()
returns setof uuid
language sql stable security definer
set search_path = public, pg_temp
as $$
  select p.tenant_id from outlook_progress p where p.asked_at >= now() - interval '7 days'
$$;
