import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/** Place and expected wait: what was told to whom, and what it is computed from. */
export class Outlooks1795600021000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Every outlook that had an expected wait, with its outcome.
      create table outlooks (
        tenant_id uuid not null,
        id uuid not null,
        conversation_id uuid not null,
        inbox_id uuid not null,
        -- Of the conversation when somebody asked: the wait ends with a later one.
        version integer not null,
        asked_at timestamptz not null,
        place integer not null,
        expected_seconds double precision not null,
        -- null while there were too few outcomes for an interval. Then the expected wait was not told either.
        low_seconds double precision,
        high_seconds double precision,
        -- When the conversation left the queue.
        ended_at timestamptz,
        -- null without ended_at, and where it left the queue without having been given.
        actual_seconds double precision,
        constraint outlooks_pk primary key (tenant_id, id),
        constraint outlooks_place_above_zero check (place > 0),
        constraint outlooks_interval check ((low_seconds is null) = (high_seconds is null)),
        constraint outlooks_outcome check (actual_seconds is null or (ended_at is not null and actual_seconds >= 0))
      );
      create index outlooks_open on outlooks (tenant_id, conversation_id) where ended_at is null;
      comment on index outlooks_open is 'filling in the outcome';
      create index outlooks_time on outlooks (tenant_id, asked_at);
      comment on index outlooks_time is 'statistics of a window; the newest outcomes; deleting old ones';

      -- The pace of inboxes for which somebody asked.
      create table outlook_paces (
        tenant_id uuid not null,
        inbox_id uuid not null,
        takes double precision not null default 0,
        seconds double precision not null default 0,
        constraint outlook_paces_pk primary key (tenant_id, inbox_id),
        constraint outlook_paces_not_negative check (takes >= 0 and seconds >= 0)
      )
      -- Few rows, each changed every some seconds.
      with (fillfactor = 50);

      -- Tenants in which somebody asked, and up to where their ledger is folded.
      create table outlook_progress (
        tenant_id uuid not null,
        position bigint not null,
        asked_at timestamptz not null,
        looked_at timestamptz not null,
        -- The calibration of intervals; null while there are too few outcomes.
        outcomes integer,
        low_ratio double precision,
        high_ratio double precision,
        constraint outlook_progress_pk primary key (tenant_id),
        constraint outlook_progress_tenant_fk foreign key (tenant_id) references tenants (id),
        constraint outlook_progress_calibration check (
          (outcomes is null) = (low_ratio is null) and (outcomes is null) = (high_ratio is null))
      )
      with (fillfactor = 50);

      ${isolateByTenant('outlooks', { application: 'select, insert, update, delete', platformReads: true })}
      ${isolateByTenant('outlook_paces', { application: 'select, insert, update' })}
      ${isolateByTenant('outlook_progress', { application: 'select, insert, update', platformReads: true })}
      -- For delete_tenant_rows.
      grant delete on outlooks, outlook_progress to inbox_platform;
      grant select, delete on outlook_paces to inbox_platform;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table outlook_progress, outlook_paces, outlooks`);
  }
}
