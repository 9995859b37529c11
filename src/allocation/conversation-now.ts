import type { ConversationRow } from '../conversations/conversation.js';
import type { Database } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';

const CONVERSATION_NOW = sql`select c.* from conversation_row($1, $2) c`;

/**
 * The conversation after its inbox has distributed it, perhaps. A caller who may change it sees it afterwards, even when
 * they do not see its inbox. In a transaction with an idempotency key nothing is distributed yet.
 */
export async function conversationNow(
  database: Database,
  tenantId: string,
  conversationId: string,
): Promise<ConversationRow> {
  const [row] = await database.inTenant(tenantId, (tx) =>
    rowsOf<ConversationRow>(tx, CONVERSATION_NOW, [tenantId, conversationId]),
  );
  if (row === undefined) throw new Error('conversation_row returned no row');
  return row;
}
