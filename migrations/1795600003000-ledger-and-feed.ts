import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/** What happened, and in which order everybody hears of it. */
export class LedgerAndFeed1795600003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The ledger: every transition of every conversation, and who came and went. Append-only by right: the application
      -- may neither change nor delete an entry.
      create table conversation_events (
        tenant_id uuid not null,
        id uuid not null,
        type text not null,
        occurred_at timestamptz not null default now(),
        conversation_id uuid,
        inbox_id uuid,
        external_conversation_id text,
        version integer,
        actor_type text not null,
        actor_id text,
        reason text not null,
        score double precision,
        from_state text,
        from_operator_id uuid,
        from_inbox_id uuid,
        to_state text,
        to_operator_id uuid,
        to_inbox_id uuid,
        constraint conversation_events_pk primary key (tenant_id, id),
        constraint conversation_events_actor check (actor_type in ('OPERATOR', 'SERVICE', 'SYSTEM')),
        constraint conversation_events_subject check (
          (conversation_id is null) = (type like 'operator.%')
          and (conversation_id is null) = (version is null)
          and (conversation_id is null) = (to_state is null))
      );

      ${ONE_PER_VERSION}
      -- Statistics: the part of a minute at the beginning and the end of a window is read from the ledger itself.
      create index conversation_events_time on conversation_events (tenant_id, occurred_at) where occurred_at > '-infinity';
      comment on index conversation_events_time is 'statistics of a window: entries of the minutes in which it begins and ends';

      ${FEED}

      ${isolateByTenant('conversation_events', { application: 'select, insert', platformReads: true })}
      ${isolateByTenant('feed_positions', { application: 'select, insert', platformReads: true })}
      ${isolateByTenant('feed_backlog', { application: 'select, insert, delete', platformReads: true })}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table feed_backlog, feed_positions, conversation_events`);
  }
}

/** Also what a database of before is adopted with. */
export const ONE_PER_VERSION = `
  -- One entry for each transition: a second one for the same version is refused. An index with a condition and not a
  -- constraint: to statements that look for an entry by its id it does not exist. While the planner knows nothing of the
  -- table, it takes it for as good as the primary key, and reads the ledger of the whole tenant for each id.
  create unique index conversation_events_one_per_version on conversation_events (tenant_id, conversation_id, version)
    where conversation_id is not null;
  comment on index conversation_events_one_per_version is 'one entry for each transition; the history of a conversation';`;

/** Also what a database of before is adopted with. */
export const FEED = `
  -- The order of the feed: dense positions per tenant, 1, 2, 3 and so on. The next reader assigns them to committed
  -- entries (assign_feed_positions). They contain no counter of the server, so they stay valid in a restored dump and on
  -- another server. Rows are added and never changed.
  create table feed_positions (
    tenant_id uuid not null,
    position bigint not null,
    event_id uuid not null,
    constraint feed_positions_pk primary key (tenant_id, position),
    constraint feed_positions_one_per_event unique (tenant_id, event_id),
    constraint feed_positions_above_zero check (position > 0)
  )
  -- It is only added to: vacuum by count, so that its index can be read without the table.
  with (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 5000);

  -- Entries without a position: one row per statement that wrote entries, in the same transaction. The reader that
  -- assigns their positions deletes the row.
  create table feed_backlog (
    tenant_id uuid not null,
    -- The clock and not the beginning of the transaction: what a transaction waited for is recorded before it.
    recorded_at timestamptz not null default clock_timestamp(),
    -- Of the first entry.
    id uuid not null,
    event_ids uuid[] not null,
    constraint feed_backlog_pk primary key (tenant_id, recorded_at, id),
    constraint feed_backlog_not_empty check (cardinality(event_ids) > 0)
  )
  -- Rows live for a second or two: vacuum by count.
  with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
  -- Ids do not get shorter by compressing them.
  alter table feed_backlog alter column event_ids set storage external;`;
