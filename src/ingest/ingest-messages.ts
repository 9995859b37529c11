import type { ConversationRow } from '../conversations/conversation.js';
import { matchKey } from '../customers/match-key.js';
import { newId } from '../database/id.js';
import { sql } from '../database/statement.js';
import type { Message } from './message.js';

/** $1 tenant, $2 service, $3 items. The function ingest_messages does the work. */
export const INGEST_MESSAGES = sql`
  select index, refusal, conversation_id, created, assigned_operator_id from ingest_messages($1, $2, $3)`;

/** $1 tenant, $2 service, $3 item. The function ingest_message does the work, in one round trip. */
export const INGEST_MESSAGE = sql`
  select m.refusal, m.created, (m.details).* from ingest_message($1, $2, $3) m`;

export type Refusal = 'NO_INBOX' | 'INBOX_NOT_FOUND' | 'OCCURRED_IN_THE_FUTURE';

export type IngestedRow = { index: number; created: boolean } & (
  { refusal: null; conversation_id: string; assigned_operator_id: string | null } | { refusal: Refusal }
);

export type IngestedMessage = { created: boolean } & (
  ({ refusal: null } & ConversationRow) | { refusal: Refusal; id: null }
);

export interface IndexedMessage {
  message: Message;
  index: number;
}

/** The messages as the function expects them, with ids for rows that may be created. */
export function ingestItems(messages: readonly IndexedMessage[]): object[] {
  const items = messages.map(ingestItem);
  // These ids must be greater than all others: within a transaction the feed is in the order of ids, and the first
  // conversation of a batch to be distributed can be the last that was created.
  return items.map((item) => Object.assign(item, { distributionEventId: newId() }));
}

function ingestItem({ message, index }: IndexedMessage) {
  const conversationId = newId();
  const { externalConversationId, customerPhoneNumber: number } = message;
  const phoneKey = number === undefined ? undefined : matchKey(number);
  return {
    index,
    conversationId,
    eventId: newId(),
    leadId: message.lead && newId(),
    // Without an id, a message begins a thread of its own, which is then known by the id of its conversation.
    externalConversationId: externalConversationId ?? conversationId,
    inboxId: message.inboxId,
    inboxPhoneNumber: message.inboxPhoneNumber,
    customerPhoneNumber: number,
    phoneKey: phoneKey === number ? undefined : phoneKey,
    customerAddress: message.customerAddress,
    subject: message.subject,
    displayName: message.displayName,
    messageId: externalConversationId === undefined ? undefined : message.messageId,
    occurredAt: message.occurredAt === undefined ? undefined : new Date(message.occurredAt).toISOString(),
    leadExternalId: message.lead?.externalId,
    leadName: message.lead?.name,
    leadEmail: message.lead?.email,
    leadPhone: message.lead?.phone,
  };
}
