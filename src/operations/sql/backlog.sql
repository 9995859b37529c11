-- The backlog of all tenants that are not suspended in one row, but for deadlines (deadline_backlog). A lag is 0 when nothing is late.
create or replace function backlog()
returns table (
  webhooks_behind bigint, webhooks_disabled bigint, deliveries_due bigint, webhook_lag_seconds double precision,
  feed_lag_seconds double precision)
language sql stable security definer
set search_path = public, pg_temp
as $$
  with webhook as (
    select d.due, least(d.since, e.since, b.since) as behind_since
    from webhooks w
    cross join lateral (
      select count(*) as due, min(d.next_attempt_at) as since
      from webhook_deliveries d
      where d.tenant_id = w.tenant_id and d.webhook_id = w.id and d.status = 'PENDING'
        and d.next_attempt_at <= now()) d
    cross join lateral (
      -- The next feed entry after the webhook's cursor. This is a key lookup, because a join could read the whole
      -- ledger.
      select min((
        select e.occurred_at from conversation_events e
        where e.tenant_id = p.tenant_id and e.id = p.event_id)) as since
      from feed_positions p
      where p.tenant_id = w.tenant_id and p.position = w.position + 1) e
    cross join lateral (select min(b.recorded_at) as since from feed_backlog b where b.tenant_id = w.tenant_id) b
    where w.enabled and w.deleted_at is null
      and w.tenant_id <> all (array(select t.id from tenants t where t.is_suspended))
  ), disabled as (
    select count(*) as webhooks
    from webhooks w
    where not w.enabled and w.deleted_at is null
      and w.tenant_id <> all (array(select t.id from tenants t where t.is_suspended))
  ), feed as (
    -- Committed entries without a feed position. They get one when the feed is read.
    select min(b.since) as since
    from tenants t
    cross join lateral (select min(b.recorded_at) as since from feed_backlog b where b.tenant_id = t.id) b
    where not t.is_suspended
  ), hooks as (
    select count(*) filter (where w.behind_since is not null) as behind, coalesce(sum(w.due), 0)::bigint as due,
      min(w.behind_since) as since
    from webhook w
  )
  select h.behind, d.webhooks, h.due, extract(epoch from greatest(now() - h.since, interval '0'))::double precision,
    extract(epoch from greatest(now() - f.since, interval '0'))::double precision
  from hooks h cross join disabled d cross join feed f
$$;
