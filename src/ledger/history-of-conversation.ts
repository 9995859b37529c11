import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import type { EventRow } from './event.js';

const HISTORY_OF_CONVERSATION = sql`
  select id, type, occurred_at, conversation_id, inbox_id, external_conversation_id, version, actor_type, actor_id, reason,
    score, outcome, from_state, from_operator_id, from_inbox_id, to_state, to_operator_id, to_inbox_id
  from conversation_events
  where tenant_id = $1 and conversation_id = $2
  order by version`;

/** All entries of a conversation, oldest first. */
export function historyOfConversation(tx: Transaction, tenantId: string, id: string): Promise<EventRow[]> {
  return rowsOf<EventRow>(tx, HISTORY_OF_CONVERSATION, [tenantId, id]);
}
