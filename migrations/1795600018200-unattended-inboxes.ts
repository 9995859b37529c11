import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isolateByTenant } from './support/tenant-isolation.js';

/**
 * Inboxes in which something waits and nobody is there, and their events in the ledger.
 *
 * `down` keeps these entries, because the feed has them.
 */
export class UnattendedInboxes1795600018200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table unattended_inboxes (
        tenant_id uuid not null,
        inbox_id uuid not null,
        -- When it was noticed.
        since timestamptz not null,
        -- null: not reported yet.
        reported_at timestamptz,
        constraint unattended_inboxes_pk primary key (tenant_id, inbox_id),
        constraint unattended_inboxes_inbox_fk foreign key (tenant_id, inbox_id) references inboxes (tenant_id, id)
      );
      ${isolateByTenant('unattended_inboxes', { application: 'select, insert, update, delete', platformReads: true })}
      grant delete on unattended_inboxes to inbox_platform;
      alter table conversation_events
        drop constraint conversation_events_subject,
        add constraint conversation_events_subject check (
          (conversation_id is not null) = (type like 'conversation.%') and (conversation_id is null) = (version is null)
          and (conversation_id is null) = (to_state is null))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table unattended_inboxes;
      alter table conversation_events
        drop constraint conversation_events_subject,
        add constraint conversation_events_subject check (
          (conversation_id is null) = (type like 'operator.%') and (conversation_id is null) = (version is null)
          and (conversation_id is null) = (to_state is null)) not valid`);
  }
}
