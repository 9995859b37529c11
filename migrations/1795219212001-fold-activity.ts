import type { MigrationInterface, QueryRunner } from 'typeorm';

export class FoldActivity1795219212001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Folds up to p_limit entries of the tenant's ledger; how many there were. One at a time for each tenant: a second call
      -- does nothing meanwhile. One round trip: it sets the tenant itself.
      create function fold_activity(p_tenant uuid, p_limit integer) returns integer
      language plpgsql volatile
      -- Plans are made while the tables are small and kept; without their indexes they would get slower with every entry.
      set enable_seqscan = off
      as $$
      declare
        before folded_up_to;
        entries integer;
      begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        select f.* into before from folded_up_to f where f.tenant_id = p_tenant for update skip locked;
        if not found then
          -- Another call holds it. An insert would wait for that one, even to do nothing.
          if exists (select from folded_up_to f where f.tenant_id = p_tenant) then return 0; end if;
          insert into folded_up_to (tenant_id) values (p_tenant) on conflict do nothing returning * into before;
          if not found then return 0; end if;
        end if;

        -- An entry of a transaction that still runs would be passed for ever, so it stops before the oldest of those.
        with entry as materialized (
          select e, e.transaction_id, e.id, date_trunc('minute', e.occurred_at, 'UTC') as minute, h.microseconds as held
          from conversation_events e cross join lateral microseconds_held(e) h
          where e.tenant_id = p_tenant and (e.transaction_id, e.id) > (before.transaction_id, before.event_id)
            and e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
          order by e.transaction_id, e.id
          limit p_limit
        ), delta as materialized (
          select s.inbox_id, s.operator_id, (n.e).type, n.minute, count(*)::integer as count,
            coalesce(sum(n.held), 0)::bigint as microseconds, min((n.e).occurred_at) as first_at, max((n.e).occurred_at) as last_at
          from entry n cross join lateral activity_series_of(n.e) s
          group by s.inbox_id, s.operator_id, (n.e).type, n.minute
        ), series as (
          insert into activity_series as s (tenant_id, inbox_id, operator_id, type, count, microseconds, first_at, last_at)
          select p_tenant, d.inbox_id, d.operator_id, d.type, sum(d.count), sum(d.microseconds), min(d.first_at), max(d.last_at)
          from delta d group by d.inbox_id, d.operator_id, d.type
          on conflict (tenant_id, inbox_id, operator_id, type) do update
          set count = s.count + excluded.count, microseconds = s.microseconds + excluded.microseconds,
            first_at = least(s.first_at, excluded.first_at), last_at = greatest(s.last_at, excluded.last_at)
          returning s.id, s.inbox_id, s.operator_id, s.type
        ), change as materialized (
          select s.id as series_id, d.minute, d.count, d.microseconds
          from delta d join series s on s.inbox_id = d.inbox_id and s.operator_id = d.operator_id and s.type = d.type
        ), affected as (
          select c.series_id, c.minute, c.count, c.microseconds from change c
          union all
          -- Totals of later minutes that are there already: transactions do not end in the order of their times.
          select b.series_id, a.minute, 0, 0
          from (select c.series_id, min(c.minute) as minute from change c group by c.series_id) b
          cross join lateral (
            select a.minute from activity_totals a
            where a.tenant_id = p_tenant and a.series_id = b.series_id and a.minute > b.minute
            offset 0) a
        ), running as (
          select a.series_id, a.minute, sum(sum(a.count)) over w as count, sum(sum(a.microseconds)) over w as microseconds
          from affected a
          group by a.series_id, a.minute
          window w as (partition by a.series_id order by a.minute)
        ), totals as (
          insert into activity_totals (tenant_id, series_id, minute, count, microseconds)
          select p_tenant, r.series_id, r.minute, coalesce(a.count, 0) + r.count, coalesce(a.microseconds, 0) + r.microseconds
          from running r
          left join lateral (
            select a.count, a.microseconds from activity_totals a
            where a.tenant_id = p_tenant and a.series_id = r.series_id and a.minute <= r.minute
            order by a.minute desc limit 1) a on true
          order by r.series_id, r.minute
          on conflict (tenant_id, series_id, minute) do update
          set count = excluded.count, microseconds = excluded.microseconds
        ), depths as (
          insert into queue_depths as q (tenant_id, inbox_id, depth)
          select p_tenant, c.inbox_id, sum(c.change) from entry n cross join lateral queue_changes_of(n.e) c
          group by c.inbox_id having sum(c.change) <> 0
          on conflict (tenant_id, inbox_id) do update set depth = q.depth + excluded.depth
        ), resolutions as (
          insert into resolution_times (tenant_id, operator_id, resolved_at, event_id, microseconds)
          select p_tenant, (n.e).from_operator_id, (n.e).occurred_at, n.id, n.held from entry n where n.held is not null
        ), position as (
          update folded_up_to f set transaction_id = l.transaction_id, event_id = l.id
          from (select n.transaction_id, n.id from entry n order by n.transaction_id desc, n.id desc limit 1) l
          where f.tenant_id = p_tenant
        )
        select count(*) into entries from entry;
        return entries;
      end
      $$;

      grant select (tenant_id, transaction_id, id) on conversation_events to inbox_platform;
      create policy conversation_events_for_platform on conversation_events for select to inbox_platform using (true);
      grant select on folded_up_to to inbox_platform;
      create policy folded_up_to_for_platform on folded_up_to for select to inbox_platform using (true);

      -- The tenants whose ledger has something that can be folded. One probe each: the limit keeps it from being joined.
      create function tenants_to_fold() returns setof uuid
      language sql stable security definer set search_path = public, pg_temp
      as $$
        select t.id
        from tenants t
        left join folded_up_to f on f.tenant_id = t.id
        cross join lateral (
          select from conversation_events e
          where e.tenant_id = t.id and e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
            and (e.transaction_id, e.id) > (
              coalesce(f.transaction_id, '0'), coalesce(f.event_id, '00000000-0000-0000-0000-000000000000'))
          order by e.transaction_id, e.id
          limit 1) e
      $$;
      grant create on schema public to inbox_platform;
      alter function tenants_to_fold owner to inbox_platform;
      revoke create on schema public from inbox_platform;
      set local role inbox_platform;
      revoke execute on function tenants_to_fold from public;
      grant execute on function tenants_to_fold to inbox_app;
      reset role;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function tenants_to_fold, fold_activity;
      drop policy folded_up_to_for_platform on folded_up_to;
      drop policy conversation_events_for_platform on conversation_events;
      revoke select on folded_up_to from inbox_platform;
      revoke select (tenant_id, transaction_id, id) on conversation_events from inbox_platform;
    `);
  }
}
