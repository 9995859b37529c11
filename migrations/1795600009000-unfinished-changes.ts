import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A change that can concern millions of rows is marked at once and carried out in batches: the deletion of a label or of
 * a webhook (`deleted_at`), and the attachment of a new label to the conversations of its inbox (`attached_up_to`, the
 * last conversation that was looked at).
 */
export class UnfinishedChanges1795600009000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table labels add column deleted_at timestamptz;
      alter table labels add column attached_up_to uuid;
      alter table labels drop constraint labels_name_unique;
      -- The name of a deleted label is free at once.
      create unique index labels_name_unique on labels (tenant_id, inbox_id, name_key) where deleted_at is null;
      comment on index labels_name_unique is 'one label of a name in an inbox';
      create unique index labels_changing on labels (tenant_id, id) where deleted_at is not null or attached_up_to is not null;
      comment on index labels_changing is 'label changes that are not finished';
      grant select on labels to inbox_platform;
      alter table webhooks add column deleted_at timestamptz;
      alter table webhooks add constraint webhooks_deleted check (deleted_at is null or not enabled);
      create unique index webhooks_deleting on webhooks (tenant_id, id) where deleted_at is not null;
      comment on index webhooks_deleting is 'webhooks whose deliveries are being deleted'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table webhooks no force row level security;
      delete from webhooks where deleted_at is not null;
      alter table webhooks force row level security;
      alter table webhooks drop column deleted_at;
      revoke select on labels from inbox_platform;
      alter table labels no force row level security;
      delete from labels where deleted_at is not null;
      alter table labels force row level security;
      drop index labels_name_unique;
      alter table labels drop column deleted_at, drop column attached_up_to;
      alter table labels add constraint labels_name_unique unique (tenant_id, inbox_id, name_key)`);
  }
}
