import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/** Counting a million ledger entries takes too long for a screen: the ledger is folded into running totals. */
export class Activity1795219212000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Up to where the ledger of a tenant is in the tables below; everything after it is counted when it is read.
      create table folded_up_to (
        tenant_id uuid not null,
        transaction_id xid8 not null default '0',
        event_id uuid not null default '00000000-0000-0000-0000-000000000000',
        constraint folded_up_to_pk primary key (tenant_id),
        constraint folded_up_to_tenant_fk foreign key (tenant_id) references tenants (id)
      );

      -- What is counted: the entries of a type in an inbox, of an operator, or of both together. The zero uuid stands
      -- for all of them, since a key cannot be null. With the totals of all that is folded.
      create table activity_series (
        tenant_id uuid not null,
        inbox_id uuid not null,
        operator_id uuid not null,
        type text not null,
        -- Short for the four in the table of many rows.
        id uuid not null default gen_random_uuid(),
        count integer not null,
        -- Of resolved conversations: how long their last holders had them, together.
        microseconds bigint not null,
        first_at timestamptz not null,
        last_at timestamptz not null,
        constraint activity_series_pk primary key (tenant_id, inbox_id, operator_id, type),
        constraint activity_series_id_unique unique (tenant_id, id)
      )
      -- Few rows, each changed by every fold.
      with (fillfactor = 50);

      -- The totals of a series at the end of a minute in which they changed. Any window is the difference of two totals,
      -- so its length costs nothing.
      create table activity_totals (
        tenant_id uuid not null,
        series_id uuid not null,
        minute timestamptz not null,
        count integer not null,
        microseconds bigint not null,
        constraint activity_totals_pk primary key (tenant_id, series_id, minute)
      );

      -- How many wait, as far as the ledger is folded. May be below 0 for a moment: the id of a transaction tells when it
      -- first wrote, so a conversation's way out of the queue may stand before its way in.
      create table queue_depths (
        tenant_id uuid not null,
        inbox_id uuid not null,
        depth integer not null,
        constraint queue_depths_pk primary key (tenant_id, inbox_id),
        constraint queue_depths_inbox_fk foreign key (tenant_id, inbox_id) references inboxes (tenant_id, id)
      );

      -- Every resolution by its last holder: an exact percentile needs them one by one. The key holds all that is read.
      create table resolution_times (
        tenant_id uuid not null,
        operator_id uuid not null,
        resolved_at timestamptz not null,
        event_id uuid not null,
        microseconds bigint not null,
        constraint resolution_times_pk primary key (tenant_id, operator_id, resolved_at, event_id) include (microseconds),
        constraint resolution_times_not_negative check (microseconds >= 0)
      )
      -- It is only added to: vacuum by count, so that its index can be read without the table.
      with (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 5000);

      -- The last condition of these two is true of every row, and only a statement that states it may use the index.
      -- Without it, plans made while the tables are small take them for the cheapest way to everything, and are kept: the
      -- next in line by sorting the queue, one entry by reading the ledger.
      -- The part of a minute at the beginning and the end of a window is read from the ledger itself.
      create index conversation_events_time on conversation_events (tenant_id, occurred_at) where occurred_at > '-infinity';
      -- The longest wait of an inbox, in one probe.
      create index conversations_waiting on conversations (tenant_id, inbox_id, waiting_since)
        where state = 'QUEUED' and waiting_since > '-infinity';

      ${isolateByTenant('folded_up_to', 'select, insert, update')}
      ${isolateByTenant('activity_series', 'select, insert, update')}
      ${isolateByTenant('activity_totals', 'select, insert, update')}
      ${isolateByTenant('queue_depths', 'select, insert, update')}
      ${isolateByTenant('resolution_times', 'select, insert')}

      -- In which series an entry counts. Whoever is given a conversation, and whoever loses or resolves it.
      create function activity_series_of(e conversation_events) returns table (inbox_id uuid, operator_id uuid)
      language sql immutable
      as $$
        select s.inbox_id, s.operator_id
        from (values
          (e.inbox_id, '00000000-0000-0000-0000-000000000000'::uuid,
            e.type in ('conversation.created', 'conversation.reopened', 'conversation.resolved')),
          ('00000000-0000-0000-0000-000000000000', e.to_operator_id,
            e.type in ('conversation.allocated', 'conversation.claimed', 'conversation.distributed', 'conversation.reassigned')),
          ('00000000-0000-0000-0000-000000000000', e.from_operator_id,
            e.type in ('conversation.resolved', 'conversation.deallocated', 'conversation.grace_expired', 'conversation.released')),
          (e.inbox_id, e.to_operator_id, e.type = 'conversation.distributed')
        ) s (inbox_id, operator_id, counts)
        where s.counts and s.operator_id is not null
      $$;

      -- How an entry changes the number of those who wait, by inbox; a move of a waiting one changes it in two.
      create function queue_changes_of(e conversation_events) returns table (inbox_id uuid, change integer)
      language sql immutable
      as $$
        select c.inbox_id, c.change
        from (values (e.to_inbox_id, 1, e.to_state), (e.from_inbox_id, -1, e.from_state)) c (inbox_id, change, state)
        where c.state = 'QUEUED'
      $$;

      -- How long the holder had it who is losing it by this resolution; null for every other entry. Each entry tells when
      -- its transaction began, and one may have begun before the one it waited for: that is no time at all.
      create function microseconds_held(e conversation_events) returns table (microseconds bigint)
      language sql stable
      as $$
        select case when e.type = 'conversation.resolved' and e.from_operator_id is not null then (
          select greatest(epoch_microseconds(e.occurred_at) - epoch_microseconds(g.occurred_at), 0)::bigint
          from conversation_events g
          where g.tenant_id = e.tenant_id and g.conversation_id = e.conversation_id and g.version < e.version
            and g.to_operator_id = e.from_operator_id and g.from_operator_id is distinct from g.to_operator_id
          order by g.version desc
          limit 1) end
      $$;

      -- The ledger after what is folded. The order and the offset keep it on the primary key, however much the planner
      -- expects and whatever the caller asks of it; coalesce stands inside since row-level security mistrusts it outside.
      create function unfolded_events(p_tenant uuid) returns setof conversation_events
      language sql stable
      as $$
        select e.* from conversation_events e
        where e.tenant_id = p_tenant and (e.transaction_id, e.id) > (
          (select coalesce((select f.transaction_id from folded_up_to f where f.tenant_id = p_tenant), '0')),
          (select coalesce((select f.event_id from folded_up_to f where f.tenant_id = p_tenant),
            '00000000-0000-0000-0000-000000000000')))
        order by e.transaction_id, e.id
        offset 0
      $$;

      -- The folded entries from the beginning of a minute to just before a moment in it.
      create function folded_in_minute_of(p_tenant uuid, p_moment timestamptz) returns setof conversation_events
      language sql stable
      as $$
        select e.* from conversation_events e
        where e.tenant_id = p_tenant
          and e.occurred_at > '-infinity'
          and e.occurred_at >= date_trunc('minute', p_moment, 'UTC') and e.occurred_at < p_moment
          and (e.transaction_id, e.id) <= (
            (select f.transaction_id from folded_up_to f where f.tenant_id = p_tenant),
            (select f.event_id from folded_up_to f where f.tenant_id = p_tenant))
      $$;

      -- The entries from p_from to just before p_to, counted by series. Exact at any moment: the totals of whole minutes,
      -- the folded entries of the minutes that the bounds cut, and the ledger that is not folded yet, in one snapshot.
      create function activity_between(p_tenant uuid, p_from timestamptz, p_to timestamptz)
      returns table (inbox_id uuid, operator_id uuid, type text, count integer, microseconds bigint)
      language sql stable
      as $$
        select c.inbox_id, c.operator_id, c.type, sum(c.count)::integer, sum(c.microseconds)::bigint
        from (
          -- A bound after the last entry of a series, or before the first one, needs no look at its totals.
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
          select s.inbox_id, s.operator_id, e.type, 1, coalesce(h.microseconds, 0)
          from folded_in_minute_of(p_tenant, p_to) e
          cross join lateral activity_series_of(e) s
          cross join lateral microseconds_held(e) h
          union all
          select s.inbox_id, s.operator_id, e.type, -1, -coalesce(h.microseconds, 0)
          from folded_in_minute_of(p_tenant, p_from) e
          cross join lateral activity_series_of(e) s
          cross join lateral microseconds_held(e) h
          union all
          select s.inbox_id, s.operator_id, e.type, 1, coalesce(h.microseconds, 0)
          from unfolded_events(p_tenant) e
          cross join lateral activity_series_of(e) s
          cross join lateral microseconds_held(e) h
          where e.occurred_at >= p_from and e.occurred_at < p_to
        ) c (inbox_id, operator_id, type, count, microseconds)
        group by c.inbox_id, c.operator_id, c.type
      $$;

      -- How many wait in each inbox now; inboxes that never had one are missing.
      create function current_queue_depths(p_tenant uuid) returns table (inbox_id uuid, depth integer)
      language sql stable
      as $$
        select d.inbox_id, sum(d.depth)::integer
        from (
          select q.inbox_id, q.depth from queue_depths q where q.tenant_id = p_tenant
          union all
          select c.inbox_id, c.change from unfolded_events(p_tenant) e cross join lateral queue_changes_of(e) c
        ) d
        group by d.inbox_id
      $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function current_queue_depths, activity_between, folded_in_minute_of, unfolded_events, microseconds_held, queue_changes_of,
        activity_series_of;
      drop index conversations_waiting, conversation_events_time;
      drop table resolution_times, queue_depths, activity_totals, activity_series, folded_up_to;
    `);
  }
}
