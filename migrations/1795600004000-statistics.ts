import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/** Counting a million entries takes too long for a screen: the ledger is folded into running totals. */
export class Statistics1795600004000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Up to where the ledger of a tenant is in the tables below; everything after it is counted when it is read.
      create table folded_up_to (
        tenant_id uuid not null,
        -- The last place of the feed that is in them.
        position bigint not null default 0,
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

      -- How many wait, as far as the ledger is folded.
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

      ${isolateByTenant('folded_up_to', { application: 'select, insert, update', platformReads: true })}
      ${isolateByTenant('activity_series', { application: 'select, insert, update' })}
      ${isolateByTenant('activity_totals', { application: 'select, insert, update' })}
      ${isolateByTenant('queue_depths', { application: 'select, insert, update', platformReads: true })}
      ${isolateByTenant('resolution_times', { application: 'select, insert' })}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `drop table resolution_times, queue_depths, activity_totals, activity_series, folded_up_to`,
    );
  }
}
