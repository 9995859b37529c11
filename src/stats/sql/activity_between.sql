-- Counts the ledger entries from p_from to just before p_to by series. Exact at any moment, in one snapshot:
-- totals of whole minutes up to p_to, minus those up to p_from
-- + entries before p_to in its minute
-- - entries before p_from in its minute
-- + entries between the starts of the two minutes that are not in the totals yet
-- Only the former release calls it, during a rolling upgrade; src/stats/activity-between.ts is its successor.
create or replace function activity_between(p_tenant uuid, p_from timestamptz, p_to timestamptz)
returns table (inbox_id uuid, operator_id uuid, type text, count integer, microseconds bigint)
language sql stable
as $$
  select c.inbox_id, c.operator_id, c.type, sum(c.count)::integer, sum(c.microseconds)::bigint
  from (
    -- A bound outside the entries of a series needs no lookup of its totals.
    select s.inbox_id, s.operator_id, s.type,
      case when s.last_at < date_trunc('minute', p_to, 'UTC') then s.count else coalesce(t.count, 0) end
        - coalesce(f.count, 0),
      case when s.last_at < date_trunc('minute', p_to, 'UTC') then s.microseconds else coalesce(t.microseconds, 0) end
        - coalesce(f.microseconds, 0)
    from activity_series s
    left join lateral (
      select a.count, a.microseconds from activity_totals a
      where a.tenant_id = p_tenant and a.series_id = s.id and a.minute < date_trunc('minute', p_to, 'UTC')
        and s.last_at >= date_trunc('minute', p_to, 'UTC')
      order by a.minute desc limit 1) t on true
    left join lateral (
      select a.count, a.microseconds from activity_totals a
      where a.tenant_id = p_tenant and a.series_id = s.id and a.minute < date_trunc('minute', p_from, 'UTC')
        and s.first_at < p_from
      order by a.minute desc limit 1) f on true
    where s.tenant_id = p_tenant
    union all
    select s.inbox_id, s.operator_id, s.type, 1, coalesce(h.microseconds, 0)
    from events_before_in_minute(p_tenant, p_to) e
    cross join lateral activity_series_of(e.type, e.outcome, e.inbox_id, e.from_operator_id, e.to_operator_id) s
    cross join lateral microseconds_held(
      p_tenant, e.type, e.conversation_id, e.version, e.from_operator_id, e.occurred_at) h
    union all
    select s.inbox_id, s.operator_id, s.type, -1, -coalesce(h.microseconds, 0)
    from events_before_in_minute(p_tenant, p_from) e
    cross join lateral activity_series_of(e.type, e.outcome, e.inbox_id, e.from_operator_id, e.to_operator_id) s
    cross join lateral microseconds_held(
      p_tenant, e.type, e.conversation_id, e.version, e.from_operator_id, e.occurred_at) h
    union all
    select s.inbox_id, s.operator_id, s.type, 1, coalesce(h.microseconds, 0)
    from unfolded_events(p_tenant) e
    cross join lateral activity_series_of(e.type, e.outcome, e.inbox_id, e.from_operator_id, e.to_operator_id) s
    cross join lateral microseconds_held(
      p_tenant, e.type, e.conversation_id, e.version, e.from_operator_id, e.occurred_at) h
    where e.occurred_at >= date_trunc('minute', p_from, 'UTC') and e.occurred_at < date_trunc('minute', p_to, 'UTC')
  ) c (inbox_id, operator_id, type, count, microseconds)
  group by c.inbox_id, c.operator_id, c.type
$$;
