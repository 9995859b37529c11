import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsObject, ValidateIf, ValidateNested } from 'class-validator';
import { ConversationResponse } from '../conversations/conversation.js';
import { CustomerNameField, EmailField, IdField, PhoneField, TextField, TimeField } from '../http/fields.js';
import { FieldProblem } from '../openapi/describe.js';
import type { FieldError } from '../http/problem.js';

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
    description: "The thread's id in the orchestrator; unique in the tenant.",
    example: 'thread-2041',
  })
  externalConversationId: string;

  @IdField({ description: 'The id of the inbox. Set either this or `inboxPhoneNumber`.', optional: true })
  inboxId?: string;

  @PhoneField({ description: 'The phone number of the inbox.', example: '+4930901820', optional: true })
  inboxPhoneNumber?: string;

  @PhoneField({ description: 'The phone number of the customer.', example: '+49 151 12345678' })
  customerPhoneNumber: string;

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

export class MessageBatch {
  // Not validated here, because an invalid message must not reject the others.
  @ApiProperty({ type: [Message], minItems: 1, maxItems: 1_000 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  messages: unknown[];
}

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
