import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What waits to be done, over all tenants, for whoever watches the service. Ids and numbers, nothing of a customer. */
export class Backlog1795219230000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      grant select on queue_depths to inbox_platform;
      create policy queue_depths_for_platform on queue_depths for select to inbox_platform using (true);
      grant select (occurred_at) on conversation_events to inbox_platform;

      -- The inboxes in which somebody waits: the p_limit longest waits one by one, all others together without an id.
      -- The wait is of this moment, one probe of conversations_waiting for each inbox. How many wait is what the fold of
      -- the ledger knows: counting a million rows would take longer than anybody wants to wait for it.
      create function waiting_by_inbox(p_limit integer)
      returns table (tenant_id uuid, inbox_id uuid, queued bigint, wait_seconds double precision)
      language sql stable security definer set search_path = public, pg_temp
      as $$
        with waiting as (
          select i.tenant_id, i.id, greatest(coalesce(q.depth, 0), 0) as depth, w.waiting_since,
            row_number() over (order by w.waiting_since, i.id) <= p_limit as is_told
          from inboxes i
          cross join lateral (
            select c.waiting_since from conversations c
            where c.tenant_id = i.tenant_id and c.inbox_id = i.id and c.state = 'QUEUED' and c.waiting_since > '-infinity'
            order by c.waiting_since
            limit 1) w
          left join queue_depths q on q.tenant_id = i.tenant_id and q.inbox_id = i.id
        )
        select case when w.is_told then w.tenant_id end, case when w.is_told then w.id end, sum(w.depth)::bigint,
          greatest(extract(epoch from now() - min(w.waiting_since)), 0)::double precision
        from waiting w
        group by 1, 2
      $$;

      -- One row. A lag is 0 where nothing is late.
      create function backlog()
      returns table (
        grace_periods bigint, grace_periods_due bigint, grace_lag_seconds double precision,
        webhooks_behind bigint, webhooks_disabled bigint, deliveries_due bigint, webhook_lag_seconds double precision,
        feed_lag_seconds double precision)
      language sql stable security definer set search_path = public, pg_temp
      as $$
        with grace as (
          select count(*) as held, count(*) filter (where g.expires_at <= now()) as due, min(g.expires_at) as first_expires_at
          from grace_periods g
        ), webhook as (
          select w.enabled, d.due, least(d.since, e.since) as behind_since
          from webhooks w
          cross join lateral (
            select count(*) as due, min(d.next_attempt_at) as since
            from webhook_deliveries d
            where w.enabled and d.tenant_id = w.tenant_id and d.webhook_id = w.id and d.status = 'PENDING'
              and d.next_attempt_at <= now()) d
          left join lateral (
            -- The next entry of the feed that it has not come to.
            select e.occurred_at as since
            from conversation_events e
            where w.enabled and e.tenant_id = w.tenant_id and e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
              and (e.transaction_id, e.id) > (w.position_transaction_id, w.position_event_id)
            order by e.transaction_id, e.id
            limit 1) e on true
        ), feed as (
          -- What has been committed and is not shown yet, since an older transaction still runs.
          select min(e.occurred_at) as since
          from tenants t
          cross join lateral (
            select e.occurred_at from conversation_events e
            where e.tenant_id = t.id and e.transaction_id >= pg_snapshot_xmin(pg_current_snapshot())
            order by e.transaction_id, e.id
            limit 1) e
        ), hooks as (
          select count(*) filter (where w.behind_since is not null) as behind, count(*) filter (where not w.enabled) as disabled,
            coalesce(sum(w.due), 0)::bigint as due, min(w.behind_since) as since
          from webhook w
        )
        select g.held, g.due, extract(epoch from greatest(now() - g.first_expires_at, interval '0'))::double precision,
          h.behind, h.disabled, h.due, extract(epoch from greatest(now() - h.since, interval '0'))::double precision,
          extract(epoch from greatest(now() - f.since, interval '0'))::double precision
        from grace g cross join hooks h cross join feed f
      $$;

      grant create on schema public to inbox_platform;
      alter function waiting_by_inbox owner to inbox_platform;
      alter function backlog owner to inbox_platform;
      revoke create on schema public from inbox_platform;
      set local role inbox_platform;
      revoke execute on function waiting_by_inbox, backlog from public;
      grant execute on function waiting_by_inbox, backlog to inbox_app;
      reset role;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function backlog, waiting_by_inbox;
      revoke select (occurred_at) on conversation_events from inbox_platform;
      drop policy queue_depths_for_platform on queue_depths;
      revoke select on queue_depths from inbox_platform;
    `);
  }
}
