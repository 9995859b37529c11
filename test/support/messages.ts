import { v7 as uuid } from 'uuid';
import type { BatchItemResult, MessageResult } from '../../src/ingest/message.js';
import type { InboxResponse } from '../../src/inboxes/inbox.js';
import type { World } from './world.js';

export interface MessageFields {
  externalConversationId?: string | number | null;
  inboxId?: string | null;
  inboxPhoneNumber?: string | null;
  customerPhoneNumber?: string | null;
  customerAddress?: string | null;
  boostMinutes?: number | '' | null;
  subject?: string | null;
  displayName?: string | null;
  messageId?: string | number | null;
  occurredAt?: string | number | null;
  lead?: {
    externalId?: string | number | null;
    name?: string | null;
    email?: string | null;
    phone?: string | null;
  } | null;
}

/** A message of a new thread, written now by default. */
export function messageTo(inbox: InboxResponse, fields: MessageFields = {}): MessageFields {
  return {
    externalConversationId: `thread-${uuid()}`,
    inboxId: inbox.id,
    customerPhoneNumber: '+4915112345678',
    ...fields,
  };
}

/** Reports a message, which must be ingested. */
export async function report(
  world: World,
  message: MessageFields,
): Promise<MessageResult & { status: number }> {
  const { status, body } = await reporting(world, message).expect(({ ok, text }) => {
    if (!ok) throw new Error(text);
  });
  return { status, ...(body as MessageResult) };
}

/** Reports a message. Its warnings are shown as `displayName NAME_CLEANED`. */
export async function ingested(world: World, message: MessageFields) {
  const { conversation, warnings } = await report(world, message);
  return { conversation, warnings: warnings.map(({ field, code }) => `${field} ${code}`) };
}

/** The request itself, for refusals. */
export function reporting(world: World, message: unknown) {
  return world.app.call('post', '/orchestrator/messages', world.orchestrator).send(message as object);
}

export async function reportBatch(world: World, messages: readonly unknown[]): Promise<BatchItemResult[]> {
  const { body } = await world.app
    .call('post', '/orchestrator/messages/batch', world.orchestrator)
    .send({ messages })
    .expect(200);
  return (body as { results: BatchItemResult[] }).results;
}
