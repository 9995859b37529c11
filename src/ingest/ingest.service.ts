import { Injectable } from '@nestjs/common';
import type { ServicePrincipal } from '../access/principal.js';
import { conversationResponse } from '../conversations/conversation.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { Problem, PROBLEMS, ValidationFailed } from '../http/problem.js';
import { checkTogether, parseMessage } from './check-message.js';
import {
  ingestItems,
  INGEST_MESSAGE,
  INGEST_MESSAGES,
  type IndexedMessage,
  type IngestedMessage,
  type IngestedRow,
  type Refusal,
} from './ingest-messages.js';
import type { BatchItemResult, Message, MessageResult } from './message.js';

@Injectable()
export class IngestService {
  constructor(private readonly database: Database) {}

  async one(service: ServicePrincipal, message: Message): Promise<MessageResult> {
    checkTogether(message);
    const [item] = ingestItems([{ message, index: 0 }]);
    const values = [service.tenantId, service.name, JSON.stringify(item)];
    const [row] = await this.database.call<IngestedMessage>(service.tenantId, INGEST_MESSAGE, values);
    if (row === undefined) throw new Error('ingest_message returned no row');
    if (row.refusal !== null) throw refused(row.refusal, message);
    return { conversation: conversationResponse(row), created: row.created };
  }

  /**
   * Handles each message like a single one, all in one transaction. Invalid messages get an error and have no effect.
   */
  async batch(service: ServicePrincipal, values: readonly unknown[]): Promise<BatchItemResult[]> {
    const checked = values.map(check);
    const messages = checked.flatMap((message, index) =>
      message instanceof Problem ? [] : [{ message, index }],
    );
    const rows = await this.database.inTenant(service.tenantId, (tx) => ingest(tx, service, messages));
    const rowOf = new Map(rows.map((row) => [row.index, row]));
    return checked.map((message, index) => {
      if (message instanceof Problem) return failed(index, message);
      const row = rowOf.get(index);
      if (row === undefined) throw new Error('ingest_messages must return one row per message');
      if (row.refusal !== null) return failed(index, refused(row.refusal, message));
      return {
        index,
        status: row.created ? 201 : 200,
        conversationId: row.conversation_id,
        created: row.created,
        assignedOperatorId: row.assigned_operator_id,
      };
    });
  }
}

function ingest(
  tx: Transaction,
  service: ServicePrincipal,
  messages: readonly IndexedMessage[],
): Promise<IngestedRow[]> {
  return rowsOf<IngestedRow>(tx, INGEST_MESSAGES, [
    service.tenantId,
    service.name,
    JSON.stringify(ingestItems(messages)),
  ]);
}

function check(value: unknown): Message | Problem {
  try {
    const message = parseMessage(value);
    checkTogether(message);
    return message;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function refused(refusal: Refusal, message: Message): Problem {
  if (refusal === 'OCCURRED_IN_THE_FUTURE') {
    return new ValidationFailed([
      { field: 'occurredAt', message: 'occurredAt is more than five minutes in the future' },
    ]);
  }
  if (refusal === 'NO_INBOX') {
    return new ValidationFailed([{ field: 'inboxId', message: WITHOUT_INBOX }]);
  }
  const named = message.inboxId === undefined ? 'this phone number' : `id ${message.inboxId}`;
  return new Problem('NOT_FOUND', `There is no inbox with ${named}.`);
}

const WITHOUT_INBOX =
  'set inboxId or inboxPhoneNumber: the tenant has no defaultInboxId, and not exactly one inbox';

function failed(index: number, problem: Problem): BatchItemResult {
  return {
    index,
    status: PROBLEMS[problem.code][0],
    error: {
      code: problem.code,
      detail: problem.detail,
      ...(problem instanceof ValidationFailed ? { errors: problem.errors } : {}),
    },
  };
}
