import type { PipeTransform } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { ConversationResponse } from '../conversations/conversation.js';
import { Warning } from '../customers/warning.js';
import { listIn, MAX_ITEMS } from '../http/batch-of.js';
import { BatchItem, BatchItemError } from '../openapi/batch-item.js';
import { BOOST } from '../queue/boost-minutes.js';
import {
  Given,
  ID_NUMBER,
  InboxIdGiven,
  InboxNumberGiven,
  NULL_OR_EMPTY,
  NUMBER,
  WARNED,
} from './message-fields.js';
import { ReplyOfBatch } from './reply.js';

export class MessageLead {
  @Given(
    "The customer's id in your system; unique in the tenant. Without one, the lead of the number is meant, or else " +
      'that of the address, or else that of the thread.',
    'crm-4711',
    ID_NUMBER,
  )
  externalId?: string | number | null;
  @Given('The name of the customer. It is cleaned like `displayName`.', 'Carla Customer')
  name?: string | null;
  @Given(
    'The e-mail address of the customer. A text that is none is kept, unless it has control characters.',
    'carla@customer.example',
  )
  email?: string | null;
  @Given(
    'The phone number of the customer. A text that is none is kept, unless it has control characters.',
    '+4915112345678',
  )
  phone?: string | null;
}

/** The metadata of a customer message, never its text. `null` and `""` mean "not given". */
@ApiExtraModels(MessageLead)
export class Message {
  @Given(
    "The thread's id in the orchestrator, at most 998 characters. The same id in two inboxes is two threads. Without " +
      'one, the message begins a thread of its own, and its id is in the response.',
    'thread-2041',
    ID_NUMBER,
  )
  externalConversationId?: string | number | null;

  @InboxIdGiven()
  inboxId?: string | null;

  @InboxNumberGiven()
  inboxPhoneNumber?: string | null;

  @Given(
    'The phone number of the customer in any usual form, or a short code. Without a country code it belongs to the ' +
      'country of the inbox. A text that is no number becomes `customerAddress`, unless that is set.',
    '+49 151 12345678',
  )
  customerPhoneNumber?: string | null;

  @Given(
    'How the channel reaches a customer without a number: an e-mail address, a user id; at most 512 characters.',
    'visitor-81@web.example',
  )
  customerAddress?: string | null;

  @ApiPropertyOptional({
    description:
      'How many minutes longer than it does the conversation counts as waiting. The latest one counts. 0: no boost.',
    example: 120,
    anyOf: [{ type: 'integer', minimum: BOOST.min, maximum: BOOST.max }, ...NULL_OR_EMPTY],
  })
  boostMinutes?: number | '' | null;

  @Given(
    'What it is about, never the text of the message; at most 255 characters. The latest one counts.',
    'Order 4711',
  )
  subject?: string | null;

  @Given(
    'The display name of the customer. Control and direction characters are taken out; it is cut after 255 characters.',
    'Carla',
  )
  displayName?: string | null;

  @Given(
    'The id of the message. A repeated id counts once in a conversation, for seven days.',
    'wamid.1',
    ID_NUMBER,
  )
  messageId?: string | number | null;

  @Given(
    'When the message was written: RFC 3339, UTC without a zone, or Unix seconds or milliseconds. Without it, or when ' +
      'it cannot be read or is more than five minutes ahead, now.',
    '2026-03-02T09:30:00Z',
    NUMBER,
  )
  occurredAt?: string | number | null;

  @ApiPropertyOptional({ anyOf: [{ $ref: getSchemaPath(MessageLead) }, ...NULL_OR_EMPTY] })
  lead?: MessageLead | '' | null;
}

@ApiExtraModels(Message, ReplyOfBatch)
export class MessageBatch {
  @ApiProperty({
    type: 'array',
    items: { anyOf: [{ $ref: getSchemaPath(Message) }, { $ref: getSchemaPath(ReplyOfBatch) }] },
    minItems: 1,
    maxItems: MAX_ITEMS,
    example: [
      { externalConversationId: 'thread-2041', messageId: 'wamid.1', occurredAt: '2026-03-02T09:30:00Z' },
      { kind: 'REPLY', externalConversationId: 'thread-2041', messageId: 'wamid.2' },
    ],
  })
  messages: unknown[];
}

export class IngestQuery {
  @ApiPropertyOptional({
    enum: ['true', 'false'],
    description: '`true` refuses a message with a warning, to test an integration.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(['true', 'false'])
  strict?: 'true' | 'false';
}

/**
 * The messages of a batch, unchecked, because an invalid message must not reject the others. They do not go through
 * class-transformer, which would copy every field of them.
 */
export const messagesOfBatch: PipeTransform<unknown, unknown[]> = {
  transform: (value) => listIn(value, 'messages'),
};

export class MessageResult {
  @ApiProperty({ type: ConversationResponse })
  conversation: ConversationResponse;
  @ApiProperty({ description: 'Whether this message created the conversation.', example: true })
  created: boolean;
  @ApiProperty({ type: [Warning], description: WARNED, example: [] })
  warnings: readonly Warning[];
}

export class IngestedMessage extends BatchItem {
  @ApiProperty({
    type: 'integer',
    enum: [201, 200],
    example: 201,
    description: '201: a conversation was created. 200: a known one was updated.',
  })
  status: number;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000301' })
  conversationId: string;
  @ApiProperty({ example: true, description: 'Whether this message created the conversation.' })
  created: boolean;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: null,
    description:
      'The operator who holds it now; in an inbox with a push strategy, the one it was distributed to.',
  })
  assignedOperatorId: string | null;
  @ApiPropertyOptional({ type: [Warning], description: WARNED })
  warnings?: readonly Warning[];
}

export class RefusedMessage extends BatchItem {
  @ApiProperty({
    type: 'integer',
    enum: [400, 404],
    example: 400,
    description: 'The status that the message would get alone.',
  })
  status: number;
  @ApiProperty({ type: BatchItemError })
  error: BatchItemError;
}

/** The result of one message of a batch. The API document shows it as one of the two classes above, by status. */
export class BatchItemResult extends BatchItem {
  status: number;
  conversationId?: string;
  created?: boolean;
  assignedOperatorId?: string | null;
  warnings?: readonly Warning[];
  error?: BatchItemError;
}

export class BatchResult {
  @ApiProperty({ type: [BatchItemResult] })
  results: BatchItemResult[];
}
