import { Injectable } from '@nestjs/common';
import type { ServicePrincipal } from '../access/principal.js';
import { conversationResponse } from '../conversations/conversation.js';
import { homeOf, type Home } from '../customers/phone-number.js';
import { warning, type Warning } from '../customers/warning.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { Problem, ValidationFailed } from '../http/problem.js';
import { refusedItem } from '../http/batch-results.js';
import { parseMessage, refuseWarnings, warningsRefused } from './check-message.js';
import { INBOX_NUMBERS, type InboxNumber } from './inbox-numbers.js';
import {
  INGEST_BATCH,
  INGEST_REPLY,
  ingestItems,
  INGEST_MESSAGE,
  INGEST_MESSAGES,
  replyItems,
  type IngestedMessage,
  type IngestedReply,
  type IngestedRow,
  type Refusal,
} from './ingest-messages.js';
import type { BatchItemResult, MessageResult } from './message.js';
import { readMessage, type NormalisedMessage, type ReadMessage } from './read-message.js';
import { isReply, readReply, readReplyOfBatch, type NormalisedReply, type ReadReply } from './read-reply.js';
import type { ReplyResult } from './reply.js';

/** The country of an inbox by its id; by null, of the inbox of messages that name none. */
type Homes = ReadonlyMap<string | null, Home | null>;

@Injectable()
export class IngestService {
  constructor(private readonly database: Database) {}

  /** @param isStrict whether a warning refuses the message */
  async one(service: ServicePrincipal, value: unknown, isStrict: boolean): Promise<MessageResult> {
    const { tenantId, name } = service;
    const first = parseMessage(value);
    const { message, warnings } = first.needsHome
      ? readAtHome(value, first, await this.homesOf(tenantId, [first]))
      : first;
    if (isStrict) refuseWarnings(warnings);
    const [item] = ingestItems([{ message, index: 0 }], isStrict);
    const values = [tenantId, name, JSON.stringify(item)];
    const [row] = await this.database.call<IngestedMessage>(tenantId, INGEST_MESSAGE, values);
    if (row === undefined) throw new Error('ingest_message returned no row');
    if (row.id === null || (isStrict && row.refusal !== null)) throw refused(row.refusal, message);
    return {
      conversation: conversationResponse(row),
      created: row.created,
      warnings: withTimeWarning(warnings, row.refusal),
    };
  }

  /**
   * Handles each message and each reply like a single one, all in one transaction. Invalid ones get an error and have no
   * effect.
   */
  async batch(
    service: ServicePrincipal,
    values: readonly unknown[],
    isStrict: boolean,
  ): Promise<BatchItemResult[]> {
    const { tenantId } = service;
    const read = await this.readAll(tenantId, values);
    const checked = isStrict ? read.map(withoutWarnings) : read;
    const rows = await this.database.inTenant(tenantId, (tx) => ingest(tx, service, checked, isStrict));
    const rowOf = new Map(rows.map((row) => [row.index, row]));
    return checked.map((read, index) => {
      if (read instanceof Problem) return refusedItem(index, read);
      const row = rowOf.get(index);
      if (row === undefined) throw new Error('ingest_messages must return one row per message');
      if (row.conversation_id === null || (isStrict && row.refusal !== null))
        return refusedItem(index, refused(row.refusal, 'reply' in read ? read.reply : read.message));
      const warnings = withTimeWarning(read.warnings, row.refusal);
      return {
        index,
        status: row.created ? 201 : 200,
        conversationId: row.conversation_id,
        created: row.created,
        assignedOperatorId: row.assigned_operator_id,
        ...(warnings.length === 0 ? {} : { warnings }),
      };
    });
  }

  /** Forward only: a reply that is older than the last one changes nothing. */
  async reply(service: ServicePrincipal, value: unknown, isStrict: boolean): Promise<ReplyResult> {
    const { tenantId, name } = service;
    const { reply, warnings } = readReply(value);
    if (isStrict) refuseWarnings(warnings);
    const [item] = replyItems([{ reply, index: 0 }], isStrict);
    const values = [tenantId, name, JSON.stringify(item)];
    const [row] = await this.database.call<IngestedReply>(tenantId, INGEST_REPLY, values);
    if (row === undefined) throw new Error('ingest_reply returned no row');
    if (row.id === null || (isStrict && row.refusal !== null)) throw refused(row.refusal, reply);
    return { conversation: conversationResponse(row), warnings: withTimeWarning(warnings, row.refusal) };
  }

  private async readAll(tenantId: string, values: readonly unknown[]): Promise<(ReadItem | Problem)[]> {
    const read = values.map((value) =>
      orProblem<ReadItem>(() => (isReply(value) ? readReplyOfBatch(value) : parseMessage(value))),
    );
    const unsettled = read.filter(isUnsettled);
    if (unsettled.length === 0) return read;
    const homes = await this.homesOf(tenantId, unsettled);
    return read.map((one, i) => (isUnsettled(one) ? readAtHome(values[i], one, homes) : one));
  }

  /** Looks up the countries of all inboxes of these messages together. */
  private async homesOf(tenantId: string, read: readonly ReadMessage[]): Promise<Homes> {
    const inboxIds = [...new Set(read.map(({ message }) => message.inboxId ?? null))];
    const found = await this.database.query<InboxNumber>(tenantId, INBOX_NUMBERS, [tenantId, inboxIds]);
    return new Map(found.map(({ inbox_id, phone_number }) => [inbox_id, homeOf(phone_number)]));
  }
}

type ReadItem = ReadMessage | ReadReply;

function isUnsettled(read: ReadItem | Problem): read is ReadMessage {
  return !(read instanceof Problem) && 'needsHome' in read && read.needsHome;
}

/** Reads a message again that has a number in national form. */
function readAtHome(value: unknown, read: ReadMessage, homes: Homes): ReadMessage {
  const home = read.needsHome ? (homes.get(read.message.inboxId ?? null) ?? null) : null;
  return home === null ? read : readMessage(value, home);
}

function ingest(
  tx: Transaction,
  service: ServicePrincipal,
  items: readonly (ReadItem | Problem)[],
  isStrict: boolean,
): Promise<IngestedRow[]> {
  const messages = items.flatMap((item, index) =>
    item instanceof Problem || 'reply' in item ? [] : [{ message: item.message, index }],
  );
  const replies = items.flatMap((item, index) =>
    !(item instanceof Problem) && 'reply' in item ? [{ reply: item.reply, index }] : [],
  );
  if (replies.length > 0) {
    return rowsOf<IngestedRow>(tx, INGEST_BATCH, [
      service.tenantId,
      service.name,
      JSON.stringify(ingestItems(messages, isStrict)),
      JSON.stringify(replyItems(replies, isStrict)),
    ]);
  }
  return rowsOf<IngestedRow>(tx, INGEST_MESSAGES, [
    service.tenantId,
    service.name,
    JSON.stringify(ingestItems(messages, isStrict)),
  ]);
}

function orProblem<T>(work: () => T): T | Problem {
  try {
    return work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function withoutWarnings(read: ReadItem | Problem): ReadItem | Problem {
  if (read instanceof Problem) return read;
  return orProblem(() => {
    refuseWarnings(read.warnings);
    return read;
  });
}

/** The clock of the database decides what is the future, so this warning comes with the row. */
function withTimeWarning(warnings: readonly Warning[], refusal: Refusal | null): readonly Warning[] {
  return refusal === 'OCCURRED_IN_THE_FUTURE'
    ? [...warnings, warning('occurredAt', 'TIME_IN_FUTURE')]
    : warnings;
}

function refused(refusal: Refusal | null, message: NormalisedMessage | NormalisedReply): Problem {
  if (refusal === 'OCCURRED_IN_THE_FUTURE') return warningsRefused([warning('occurredAt', 'TIME_IN_FUTURE')]);
  if (refusal === 'NO_INBOX') {
    return new ValidationFailed([{ field: 'inboxId', message: WITHOUT_INBOX }]);
  }
  if (refusal === 'THREAD_NOT_FOUND')
    return new Problem('NOT_FOUND', 'There is no thread with this externalConversationId in the inbox.');
  if (refusal === 'OPERATOR_NOT_FOUND')
    return new Problem('NOT_FOUND', 'There is no operator with this operatorId.');
  const named = message.inboxId === undefined ? 'this phone number' : `id ${message.inboxId}`;
  if (refusal === 'INBOX_INACTIVE')
    return new Problem('INBOX_INACTIVE', `The inbox with ${named} is archived and redirects to no other.`);
  return new Problem('NOT_FOUND', `There is no inbox with ${named}.`);
}

const WITHOUT_INBOX =
  'set inboxId or inboxPhoneNumber: the tenant has no defaultInboxId, and not exactly one active inbox';
