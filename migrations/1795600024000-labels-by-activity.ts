import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropFunctions } from './support/drop-functions.js';

/** What writes the copy. db:run changes it in place, in the same transaction: running instances call it meanwhile. */
const CHANGED_FUNCTIONS = ['ingest_messages', 'exchange_labels', 'change_labels'];
/** Tables that are read or filled here. Their owner may not see them while row-level security is forced. */
const READ = ['conversation_labels', 'conversations'];

/**
 * Each attached label has a copy of the last message of its conversation, so that a list by labels is read in its order.
 * The index is in place of the one by label and conversation: a message of a labelled conversation writes two entries.
 */
export class LabelsByActivity1795600024000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of READ) await runner.query(`alter table ${table} no force row level security`);
    await runner.query(`
      lock table conversations in share row exclusive mode;
      drop index conversation_labels_by_label;
      -- When the last message of the conversation was written: a copy.
      alter table conversation_labels add column last_message_at timestamptz;
      update conversation_labels a set last_message_at = c.last_message_at
      from conversations c
      where c.tenant_id = a.tenant_id and c.id = a.conversation_id;
      alter table conversation_labels
        alter column last_message_at set not null,
        -- Instances of the former release attach labels without it. The next message writes the copy.
        alter column last_message_at set default now();
      create index conversation_labels_by_activity on conversation_labels
        (tenant_id, label_id, last_message_at, conversation_id);
      comment on index conversation_labels_by_activity is
        'GET /conversations?labelId and labelName, deleting a label';
      grant update on conversation_labels to inbox_app`);
    for (const table of READ) await runner.query(`alter table ${table} force row level security`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropFunctions(runner, CHANGED_FUNCTIONS);
    await runner.query(`
      revoke update on conversation_labels from inbox_app;
      drop index conversation_labels_by_activity;
      alter table conversation_labels drop column last_message_at;
      create index conversation_labels_by_label on conversation_labels (tenant_id, label_id, conversation_id);
      comment on index conversation_labels_by_label is 'GET /conversations?labelId, deleting a label'`);
  }
}
