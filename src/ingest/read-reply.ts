import { isUUID } from 'class-validator';
import type { Warning } from '../customers/warning.js';
import { ValidationFailed } from '../http/problem.js';
import { rejectInherited, rejectOthers } from '../http/validation.pipe.js';
import { FieldReader, fieldsOf } from './field-reader.js';
import type { Reply } from './reply.js';

/** What is stored of a reply. A field that was not given is absent. */
export interface NormalisedReply {
  externalConversationId: string;
  inboxId?: string;
  inboxPhoneNumber?: string;
  messageId?: string;
  occurredAt?: string;
  operatorId?: string;
}

export interface ReadReply {
  reply: NormalisedReply;
  warnings: readonly Warning[];
}

const REPLY_FIELDS: ReadonlySet<string> = new Set([
  'externalConversationId',
  'inboxId',
  'inboxPhoneNumber',
  'messageId',
  'occurredAt',
  'operatorId',
] satisfies (keyof Reply)[]);

/**
 * Reads a reply by the rules of messages.
 * @throws VALIDATION_FAILED with every invalid field
 */
export function readReply(value: unknown): ReadReply {
  const given = fieldsOf<Reply>(value === undefined ? {} : value, 'reply');
  rejectInherited(given);
  rejectOthers(given, REPLY_FIELDS);
  return new ReplyReader().read(given);
}

/** In a batch, `kind` tells a reply from a message. */
export function isReply(value: unknown): value is object {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'REPLY';
}

export function readReplyOfBatch(value: object): ReadReply {
  const { kind: _kind, ...reply } = value as { kind?: unknown };
  return readReply(reply);
}

class ReplyReader extends FieldReader {
  read(given: Record<keyof Reply, unknown>): ReadReply {
    const externalConversationId = this.id('externalConversationId', given.externalConversationId);
    if (externalConversationId === undefined && !this.isRefused('externalConversationId')) {
      this.refuse('externalConversationId', 'must be set: a reply belongs to a known thread');
    }
    const fields = {
      externalConversationId,
      inboxId: this.inboxId(given.inboxId),
      inboxPhoneNumber: this.inboxNumber(given.inboxPhoneNumber),
      messageId: this.id('messageId', given.messageId),
      occurredAt: this.time('occurredAt', given.occurredAt),
      operatorId: this.operatorId(given.operatorId),
    };
    const reply = this.complete<NormalisedReply>(fields);
    if (reply.inboxId !== undefined && reply.inboxPhoneNumber !== undefined) {
      const message = 'set either inboxId or inboxPhoneNumber, not both';
      throw new ValidationFailed([{ field: 'inboxId', message }]);
    }
    return { reply, warnings: this.warnings };
  }

  private operatorId(value: unknown): string | undefined {
    const id = this.text('operatorId', value);
    if (id !== undefined && !isUUID(id)) this.refuse('operatorId', 'must be a UUID');
    return id?.toLowerCase();
  }
}
