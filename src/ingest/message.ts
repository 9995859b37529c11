import type { PipeTransform } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsArray, IsObject, ValidateIf, ValidateNested } from 'class-validator';
import { ConversationResponse } from '../conversations/conversation.js';
import { CustomerNameField, EmailField, IdField, PhoneField, TextField, TimeField } from '../http/fields.js';
import { FieldProblem } from '../openapi/describe.js';
import { ValidationFailed, type FieldError } from '../http/problem.js';
import { rejectInherited, rejectUnknown } from '../http/validation.pipe.js';

export class MessageLead {
  @TextField({ description: "The customer's id in your system; unique in the tenant.", example: 'crm-4711' })
  externalId: string;
  @CustomerNameField({
    description: 'The name of the customer.',
    example: 'Carla Customer',
    optional: true,
  })
  name?: string;
  @EmailField({
    description: 'The e-mail address of the customer.',
    example: 'carla@customer.example',
    optional: true,
  })
  email?: string;
  @PhoneField({ description: 'The phone number of the customer.', example: '+4915112345678', optional: true })
  phone?: string;
}

/** The metadata of a customer message, never its text. */
export class Message {
  @TextField({
    description:
      "The thread's id in the orchestrator. The same id in two inboxes is two threads. Without one, the message begins " +
      'a thread of its own, and its id is in the response.',
    example: 'thread-2041',
    optional: true,
  })
  externalConversationId?: string;

  @IdField({
    description:
      'The id of the inbox. Set either this or `inboxPhoneNumber`. Without both, the message goes to the ' +
      "tenant's `defaultInboxId`, or else to its only inbox.",
    optional: true,
  })
  inboxId?: string;

  @PhoneField({ description: 'The phone number of the inbox.', example: '+4930901820', optional: true })
  inboxPhoneNumber?: string;

  @PhoneField({
    description: 'The phone number of the customer.',
    example: '+49 151 12345678',
    optional: true,
  })
  customerPhoneNumber?: string;

  @TextField({
    description: 'How the channel reaches a customer without a number: an e-mail address, a user id.',
    example: 'visitor-81@web.example',
    optional: true,
    max: 512,
  })
  customerAddress?: string;

  @TextField({
    description: 'What it is about, never the text of the message. The latest one counts.',
    example: 'Order 4711',
    optional: true,
  })
  subject?: string;

  @CustomerNameField({ description: 'The display name of the customer.', example: 'Carla', optional: true })
  displayName?: string;

  @TextField({
    description: 'The id of the message. A repeated id counts once in a conversation, for seven days.',
    example: 'wamid.1',
    optional: true,
  })
  messageId?: string;

  @TimeField(
    {
      description: 'When the message was written; without it, now. At most five minutes in the future.',
      example: '2026-03-02T09:30:00Z',
      optional: true,
    },
    9,
  )
  occurredAt?: string;

  @ApiPropertyOptional({ type: MessageLead })
  @ValidateIf((_, value) => value !== undefined)
  @IsObject()
  @ValidateNested()
  @Type(() => MessageLead)
  lead?: MessageLead;
}

const MAX_MESSAGES = 1_000;

export class MessageBatch {
  @ApiProperty({ type: [Message], minItems: 1, maxItems: MAX_MESSAGES })
  @IsArray()
  messages: unknown[];
}

/**
 * The messages of a batch, unchecked, because an invalid message must not reject the others. They do not go through
 * class-transformer, which would copy every field of them.
 */
export const messagesOfBatch: PipeTransform<unknown, unknown[]> = {
  transform(value: unknown): unknown[] {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ValidationFailed([{ field: 'body', message: 'the body must be an object' }]);
    }
    rejectInherited(value);
    rejectUnknown(value, MessageBatch);
    const { messages } = value as Partial<MessageBatch>;
    if (!Array.isArray(messages) || messages.length === 0 || messages.length > MAX_MESSAGES) {
      const message = `messages must be a list of 1 to ${MAX_MESSAGES.toLocaleString('en')} messages`;
      throw new ValidationFailed([{ field: 'messages', message }]);
    }
    return messages;
  },
};

export class MessageResult {
  @ApiProperty({ type: ConversationResponse })
  conversation: ConversationResponse;
  @ApiProperty({ description: 'Whether this message created the conversation.', example: true })
  created: boolean;
}

export class BatchItemError {
  @ApiProperty({ example: 'VALIDATION_FAILED' })
  code: string;
  @ApiProperty({ example: 'customerPhoneNumber must be a phone number with its country code' })
  detail: string;
  @ApiPropertyOptional({
    type: [FieldProblem],
    description: 'With VALIDATION_FAILED: every invalid field.',
  })
  errors?: readonly FieldError[];
}

class BatchItem {
  @ApiProperty({
    type: 'integer',
    example: 0,
    description: 'The position of the message in the batch, from 0.',
  })
  index: number;
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
  error?: BatchItemError;
}

export class BatchResult {
  @ApiProperty({ type: [BatchItemResult] })
  results: BatchItemResult[];
}
