import type { ConversationRow } from '../conversations/conversation.js';
import { createHash } from 'node:crypto';
import { addressKey, emailKey, matchKey, matchKeyOfText } from '../customers/match-key.js';
import { newId } from '../database/id.js';
import { sql } from '../database/statement.js';
import type { NormalisedLead, NormalisedMessage } from './read-message.js';
import type { NormalisedReply } from './read-reply.js';

/** $1 tenant, $2 service, $3 items. The function ingest_messages does the work. */
export const INGEST_MESSAGES = sql`
  select index, refusal, conversation_id, created, assigned_operator_id from ingest_messages($1, $2, $3)`;

/** $1 tenant, $2 service, $3 item. The function ingest_message does the work, in one round trip. */
export const INGEST_MESSAGE = sql`
  select m.refusal, m.created, (m.details).* from ingest_message($1, $2, $3) m`;

/** $1 tenant, $2 service, $3 messages, $4 replies. The function ingest_batch does the work. */
export const INGEST_BATCH = sql`
  select index, refusal, conversation_id, created, assigned_operator_id from ingest_batch($1, $2, $3, $4)`;

/** $1 tenant, $2 service, $3 item. The function ingest_reply does the work, in one round trip. */
export const INGEST_REPLY = sql`select r.refusal, (r.details).* from ingest_reply($1, $2, $3) r`;

/** OCCURRED_IN_THE_FUTURE refuses a message with strict only. Otherwise the message counted as sent now. */
export type Refusal =
  | 'NO_INBOX'
  | 'INBOX_NOT_FOUND'
  | 'INBOX_INACTIVE'
  | 'OCCURRED_IN_THE_FUTURE'
  /** Of replies only. */
  | 'THREAD_NOT_FOUND'
  | 'OPERATOR_NOT_FOUND';

export interface IngestedRow {
  index: number;
  refusal: Refusal | null;
  /** null when there is no inbox for the message. */
  conversation_id: string | null;
  created: boolean;
  assigned_operator_id: string | null;
}

export type IngestedMessage = { refusal: Refusal | null; created: boolean } & (
  ConversationRow | { id: null }
);

export type IngestedReply = { refusal: Refusal | null } & (ConversationRow | { id: null });

export interface IndexedMessage {
  message: NormalisedMessage;
  index: number;
}

/** The messages as the function expects them, with ids for rows that may be created. */
export function ingestItems(messages: readonly IndexedMessage[], isStrict = false): object[] {
  const items = messages.map((message) => ingestItem(message, isStrict));
  // These ids must be greater than all others: within a transaction the feed is in the order of ids, and the first
  // conversation of a batch to be distributed can be the last that was created.
  return items.map((item) => Object.assign(item, { distributionEventId: newId() }));
}

function ingestItem({ message, index }: IndexedMessage, isStrict: boolean) {
  const { externalConversationId, messageId, customerPhoneNumber: number, lead } = message;
  const conversationId = newId();
  const phoneKey = number === undefined ? undefined : matchKey(number);
  return {
    index,
    conversationId,
    eventId: newId(),
    // Without an id, a message begins a thread of its own, which is then known by the id of its conversation.
    externalConversationId: externalConversationId ?? conversationId,
    inboxId: message.inboxId,
    inboxPhoneNumber: message.inboxPhoneNumber,
    customerPhoneNumber: number,
    phoneKey: phoneKey === number ? undefined : phoneKey,
    customerAddress: message.customerAddress,
    subject: message.subject,
    displayName: message.displayName,
    messageId:
      externalConversationId === undefined || messageId === undefined
        ? undefined
        : storedMessageId(messageId),
    occurredAt: message.occurredAt,
    strict: isStrict || undefined,
    ...(message.boostMinutes === undefined
      ? {}
      : { boostMinutes: message.boostMinutes, boostEventId: newId() }),
    ...(lead === undefined ? {} : leadFields(lead, message)),
  };
}

/** What a lead is known by and what is said of them. docs/customer-data.md has the rules, join_leads carries them out. */
function leadFields({ externalId, name, email, phone }: NormalisedLead, message: NormalisedMessage) {
  const phoneKey = phone === undefined ? undefined : matchKeyOfText(phone);
  const { customerPhoneNumber: number } = message;
  const address = message.isAddressInsteadOfNumber === true ? undefined : message.customerAddress;
  return {
    leadId: newId(),
    leadExternalId: externalId,
    leadNumber: phoneKey ?? (number === undefined ? undefined : matchKey(number)),
    leadAddress: address === undefined ? email && emailKey(email) : addressKey(address),
    leadName: name,
    leadEmail: email,
    leadPhone: phone,
    leadPhoneKey: phoneKey,
  };
}

/** The replies as ingest_replies expects them. */
export function replyItems(
  replies: readonly { reply: NormalisedReply; index: number }[],
  isStrict: boolean,
): object[] {
  return replies.map(({ reply, index }) => ({
    ...reply,
    index,
    eventId: newId(),
    // Ids of messages never begin with a blank, so one of a reply is none of a message.
    messageId: reply.messageId === undefined ? undefined : ` ${storedMessageId(reply.messageId)}`,
    strict: isStrict || undefined,
  }));
}

/** Only compared, never shown. A long one would not fit into the index beside a long thread id. */
function storedMessageId(id: string): string {
  if (id.length <= 255 && Buffer.byteLength(id) <= 255) return id;
  return `sha256:${createHash('sha256').update(id).digest('hex')}`;
}
