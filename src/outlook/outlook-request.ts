import type { PipeTransform } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, getSchemaPath, ApiExtraModels } from '@nestjs/swagger';
import { ValidationFailed } from '../http/problem.js';
import { rejectInherited, rejectOthers } from '../http/validation.pipe.js';
import { FieldReader, fieldsOf } from '../ingest/field-reader.js';
import { BatchItem, BatchItemError } from '../openapi/batch-item.js';
import { ID_NUMBER, InboxIdGiven, InboxNumberGiven } from '../ingest/message-fields.js';
import { Outlook } from './outlook.js';

const MOST_ITEMS = 100;

/** A thread as messages name it. `null` and `""` mean "not given". */
export class OutlookItem {
  @ApiProperty({
    description: "The thread's id in the orchestrator.",
    example: 'demo-5',
    anyOf: [{ type: 'string' }, ID_NUMBER],
  })
  externalConversationId: string | number;

  @InboxIdGiven()
  inboxId?: string | null;

  @InboxNumberGiven()
  inboxPhoneNumber?: string | null;
}

export class OutlookBatch {
  @ApiProperty({ type: [OutlookItem], minItems: 1, maxItems: MOST_ITEMS })
  items: OutlookItem[];
}

const BATCH_FIELDS: ReadonlySet<string> = new Set(['items'] satisfies (keyof OutlookBatch)[]);

/** The items, unchecked, because an invalid one must not reject the others. */
export const itemsOfBatch: PipeTransform<unknown, unknown[]> = {
  transform(value: unknown): unknown[] {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ValidationFailed([{ field: 'body', message: 'the body must be an object' }]);
    }
    rejectInherited(value);
    rejectOthers(value, BATCH_FIELDS);
    const { items } = value as Partial<OutlookBatch>;
    if (!Array.isArray(items) || items.length === 0 || items.length > MOST_ITEMS) {
      const message = `items must be a list of 1 to ${MOST_ITEMS} threads`;
      throw new ValidationFailed([{ field: 'items', message }]);
    }
    return items;
  },
};

/** A field that was not given is absent. */
export interface NamedThread {
  externalConversationId: string;
  inboxId?: string;
  inboxPhoneNumber?: string;
}

const FIELDS: ReadonlySet<string> = new Set([
  'externalConversationId',
  'inboxId',
  'inboxPhoneNumber',
] satisfies (keyof OutlookItem)[]);

/**
 * Reads an item by the rules of messages.
 * @throws VALIDATION_FAILED with every invalid field
 */
export function readItem(value: unknown): NamedThread {
  const given = fieldsOf<OutlookItem>(value, 'item');
  rejectInherited(given);
  rejectOthers(given, FIELDS);
  return new ItemReader().read(given);
}

class ItemReader extends FieldReader {
  read(given: Record<keyof OutlookItem, unknown>): NamedThread {
    const externalConversationId = this.id('externalConversationId', given.externalConversationId);
    if (externalConversationId === undefined && !this.isRefused('externalConversationId')) {
      this.refuse('externalConversationId', 'must be set');
    }
    const thread = this.complete<NamedThread>({
      externalConversationId,
      inboxId: this.inboxId(given.inboxId),
      inboxPhoneNumber: this.inboxNumber(given.inboxPhoneNumber),
    });
    if (thread.inboxId !== undefined && thread.inboxPhoneNumber !== undefined) {
      const message = 'set either inboxId or inboxPhoneNumber, not both';
      throw new ValidationFailed([{ field: 'inboxId', message }]);
    }
    return thread;
  }
}

export class OutlookOfItem extends Outlook {
  @ApiProperty({ type: 'integer', example: 0, description: 'The position of the item in the list, from 0.' })
  index: number;
  @ApiProperty({ type: 'integer', enum: [200], example: 200 })
  status: 200;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000301' })
  conversationId: string;
}

export class FailedOutlook extends BatchItem {
  @ApiProperty({ type: 'integer', enum: [400, 404, 409], example: 409 })
  status: number;
  @ApiPropertyOptional({
    format: 'uuid',
    example: '019c8f00-0000-7000-8000-000000000302',
    description: 'With CONVERSATION_NOT_QUEUED.',
  })
  conversationId?: string;
  @ApiProperty({ type: BatchItemError })
  error: BatchItemError;
}

@ApiExtraModels(OutlookOfItem, FailedOutlook)
export class OutlookResults {
  @ApiProperty({
    type: 'array',
    items: { oneOf: [{ $ref: getSchemaPath(OutlookOfItem) }, { $ref: getSchemaPath(FailedOutlook) }] },
    description: 'In the order of the items.',
  })
  results: (OutlookOfItem | FailedOutlook)[];
}
