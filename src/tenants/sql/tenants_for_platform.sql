-- Tenants for the platform but deleted ones, oldest first, after the given one; p_limit at most.
create or replace function tenants_for_platform(p_after_created timestamptz, p_after_id uuid, p_limit integer)
returns table (
  id uuid, name text, external_id text, is_suspended boolean, alpha double precision, beta double precision, normalization text, max_message_count integer,
  max_delay_minutes integer, candidate_window integer, delay_basis text, count_basis text, grace_period_seconds integer,
  decline_seconds integer, presence_timeout_seconds integer, operators_may_hand_over boolean, misses_before_pause integer,
  max_parked integer, backlog_per_minute integer, unattended_seconds integer, retention_days integer, auto_subscribe boolean,
  default_max_load integer, default_inbox_id uuid, created_at timestamptz, updated_at timestamptz)
language plpgsql stable security definer
set search_path = public, pg_temp
as $$
begin
  return query
  select t.id, t.name, t.external_id, t.is_suspended, t.alpha, t.beta, t.normalization, t.max_message_count, t.max_delay_minutes, t.candidate_window,
    t.delay_basis, t.count_basis, t.grace_period_seconds, t.decline_seconds, t.presence_timeout_seconds,
    t.operators_may_hand_over, t.misses_before_pause, t.max_parked, t.backlog_per_minute, t.unattended_seconds,
    t.retention_days, t.auto_subscribe, t.default_max_load, t.default_inbox_id, t.created_at, t.updated_at
  from tenants t
  where (t.created_at, t.id) > (p_after_created, p_after_id) and t.deleted_at is null
  order by t.created_at, t.id
  limit p_limit;
end
$$;
