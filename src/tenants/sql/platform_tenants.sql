-- The same as tenants_for_platform, for instances of the former release.
create or replace function platform_tenants(p_after_created timestamptz, p_after_id uuid, p_limit integer)
returns table (
  id uuid, name text, alpha double precision, beta double precision, normalization text, max_message_count integer,
  max_delay_minutes integer, candidate_window integer, delay_basis text, grace_period_seconds integer,
  auto_subscribe boolean, default_max_load integer, created_at timestamptz, updated_at timestamptz)
language sql stable security definer
set search_path = public, pg_temp
as $$
  select t.id, t.name, t.alpha, t.beta, t.normalization, t.max_message_count, t.max_delay_minutes, t.candidate_window,
    t.delay_basis, t.grace_period_seconds, t.auto_subscribe, t.default_max_load, t.created_at, t.updated_at
  from tenants t
  where (t.created_at, t.id) > (p_after_created, p_after_id) and t.deleted_at is null
  order by t.created_at, t.id
  limit p_limit
$$;
