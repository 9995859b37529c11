import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Waits that are longer than the target of their inbox are reported once each. The mark of those that were reported is
 * part of the index of the longest waits, so the others are found without looking at them, and no row is in one index
 * more.
 */
export class OverdueWaits1795600018100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table conversations
        -- Since waiting_since it was reported that the wait is longer than the target.
        add column is_overdue boolean not null default false;
      drop index conversations_waiting;
      create index conversations_waiting on conversations (tenant_id, inbox_id, is_overdue, waiting_since)
        where state = 'QUEUED' and waiting_since > '-infinity';
      comment on index conversations_waiting is
        'the longest waits of an inbox, and those to be reported as overdue. Statements say is_overdue, and waiting_since > -infinity';
      create index inboxes_with_wait_target on inboxes (tenant_id, id) where wait_target_seconds is not null;
      comment on index inboxes_with_wait_target is 'overdue waits: the inboxes to look at'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index inboxes_with_wait_target;
      drop index conversations_waiting;
      alter table conversations drop column is_overdue;
      create index conversations_waiting on conversations (tenant_id, inbox_id, waiting_since)
        where state = 'QUEUED' and waiting_since > '-infinity';
      comment on index conversations_waiting is 'statistics and metrics: the longest wait of an inbox. Statements say waiting_since > -infinity'`);
  }
}
