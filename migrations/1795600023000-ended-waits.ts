import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropFunctions } from './support/drop-functions.js';
import { isolateByTenant } from './support/tenant-isolation.js';

/**
 * Functions whose results change, or that a running fold calls. A fold that waits for the lock below fails when it goes
 * on, so it passes no entry without its wait. Their files create them again.
 */
const CHANGED_FUNCTIONS = ['unfolded_events', 'fold_activity', 'queue_changes_of'];

/** Tables that are read or filled here. Their owner may not see them while row-level security is forced. */
const READ = [
  'folded_up_to',
  'feed_positions',
  'conversation_events',
  'ended_waits',
  'activity_series',
  'activity_totals',
];

/**
 * How long customers waited, and how long until the first reply: an exact percentile needs them one by one. Arrivals are
 * also counted in a series of the whole tenant, which is what the board shows of an hour.
 */
export class EndedWaits1795600023000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await dropFunctions(runner, CHANGED_FUNCTIONS);
    await runner.query(`
      -- Every entry of the ledger by which a conversation left the queue, as far as the ledger is folded. The key holds
      -- all that is read.
      create table ended_waits (
        tenant_id uuid not null,
        inbox_id uuid not null,
        ended_at timestamptz not null,
        event_id uuid not null,
        -- false: it was resolved without having been given to anybody.
        is_given boolean not null,
        microseconds bigint not null,
        constraint ended_waits_pk primary key (tenant_id, inbox_id, ended_at, event_id) include (is_given, microseconds),
        constraint ended_waits_not_negative check (microseconds >= 0)
      )
      -- It is only added to: vacuum by count, so that its index can be read without the table.
      with (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 5000);

      -- The first reply of each wait. The transaction of the reply writes it, since the ledger has no replies.
      create table first_replies (
        tenant_id uuid not null,
        inbox_id uuid not null,
        replied_at timestamptz not null,
        conversation_id uuid not null,
        -- Since the customer began to wait.
        microseconds bigint not null,
        constraint first_replies_pk primary key (tenant_id, inbox_id, replied_at, conversation_id) include (microseconds),
        constraint first_replies_not_negative check (microseconds >= 0)
      )
      with (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 5000);

      ${isolateByTenant('ended_waits', { application: 'select, insert' })}
      ${isolateByTenant('first_replies', { application: 'select, insert' })}
      -- For delete_tenant_rows.
      grant select, delete on ended_waits, first_replies to inbox_platform`);
    for (const table of READ) await runner.query(`alter table ${table} no force row level security`);
    await runner.query('lock table folded_up_to in exclusive mode');
    await runner.query(WAITS_OF_THE_FOLDED);
    await runner.query(ARRIVALS_OF_TENANTS);
    for (const table of READ) await runner.query(`alter table ${table} force row level security`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropFunctions(runner, CHANGED_FUNCTIONS);
    await runner.query('drop table first_replies, ended_waits');
    for (const table of ['activity_series', 'activity_totals'])
      await runner.query(`alter table ${table} no force row level security`);
    await runner.query(`
      delete from activity_totals t using activity_series s
      where s.tenant_id = t.tenant_id and s.id = t.series_id and s.inbox_id = ${ALL} and s.operator_id = ${ALL};
      delete from activity_series s where s.inbox_id = ${ALL} and s.operator_id = ${ALL}`);
    for (const table of ['activity_series', 'activity_totals'])
      await runner.query(`alter table ${table} force row level security`);
  }
}

/** Stands for all inboxes or all operators in a series. */
const ALL = `'00000000-0000-0000-0000-000000000000'`;
/** The series that are added up. */
const ARRIVALS_OF_INBOXES = `s.operator_id = ${ALL} and s.type in ('conversation.created', 'conversation.reopened')`;

/** The totals of each minute are those of the inboxes, added up. */
const ARRIVALS_OF_TENANTS = `
  with change as (
    select s.tenant_id, s.type, t.minute,
      t.count - coalesce(lag(t.count) over (partition by t.tenant_id, t.series_id order by t.minute), 0) as count
    from activity_series s
    join activity_totals t on t.tenant_id = s.tenant_id and t.series_id = s.id
    where ${ARRIVALS_OF_INBOXES}
  ), series as (
    insert into activity_series (tenant_id, inbox_id, operator_id, type, count, microseconds, first_at, last_at)
    select s.tenant_id, ${ALL}, ${ALL}, s.type, sum(s.count), 0, min(s.first_at), max(s.last_at)
    from activity_series s
    where ${ARRIVALS_OF_INBOXES}
    group by s.tenant_id, s.type
    returning tenant_id, type, id
  )
  insert into activity_totals (tenant_id, series_id, minute, count, microseconds)
  select s.tenant_id, s.id, c.minute, sum(sum(c.count)) over (partition by s.tenant_id, s.id order by c.minute), 0
  from change c
  join series s on s.tenant_id = c.tenant_id and s.type = c.type
  group by s.tenant_id, s.id, c.minute`;

/** What was folded before has waits, too. The function microseconds_waited has the same rule. */
const WAITS_OF_THE_FOLDED = `
  insert into ended_waits (tenant_id, inbox_id, ended_at, event_id, is_given, microseconds)
  select e.tenant_id, e.inbox_id, e.occurred_at, e.id, e.to_state = 'ALLOCATED',
    greatest((extract(epoch from e.occurred_at - coalesce(e.waiting_since, b.occurred_at, e.occurred_at)) * 1000000)::bigint, 0)
  from folded_up_to f
  join feed_positions p on p.tenant_id = f.tenant_id and p.position <= f.position
  join conversation_events e on e.tenant_id = p.tenant_id and e.id = p.event_id
    and e.from_state = 'QUEUED' and e.to_state in ('ALLOCATED', 'RESOLVED')
  left join lateral (
    select b.occurred_at from conversation_events b
    where b.tenant_id = e.tenant_id and b.conversation_id = e.conversation_id and b.version < e.version
      and b.type in ('conversation.created', 'conversation.reopened')
    order by b.version desc
    limit 1) b on true`;
