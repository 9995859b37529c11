import { v7 as uuid } from 'uuid';
import type { InboxResponse } from '../../src/inboxes/inbox.js';
import type { LabelSummary } from '../../src/conversations/conversation.js';
import type { World } from './world.js';

/** Inserts a label of an inbox and attaches it to conversations, without the service. */
export async function label(
  { app, tenantId }: World,
  inbox: InboxResponse,
  fields: { name: string; color?: string; on?: { id: string }[] },
): Promise<LabelSummary> {
  const { name, color = null, on = [] } = fields;
  const id = uuid();
  await app.database.rows(
    'insert into labels (tenant_id, id, inbox_id, name, color) values ($1, $2, $3, $4, $5)',
    [tenantId, id, inbox.id, name, color],
  );
  await app.database.rows(
    `insert into conversation_labels (tenant_id, conversation_id, label_id, last_message_at)
     select c.tenant_id, c.id, $2, c.last_message_at from conversations c where c.tenant_id = $1 and c.id = any ($3::uuid[])`,
    [tenantId, id, on.map((conversation) => conversation.id)],
  );
  return { id, name, color };
}
