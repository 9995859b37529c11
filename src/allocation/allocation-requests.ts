import type { PipeTransform } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { ConversationResponse } from '../conversations/conversation.js';
import { IdField, TextField } from '../http/fields.js';
import { ValidationFailed } from '../http/problem.js';
import { OUTCOMES, type Outcome } from '../ledger/outcome.js';
import { AVAILABILITIES, type Availability } from '../operators/operator.js';
import { PageOf } from '../http/page-query.js';

export class ConversationRequest {
  @IdField({ description: 'The conversation.', example: '019c8f00-0000-7000-8000-000000000301' })
  conversationId: string;
}

export class ResolveRequest extends ConversationRequest {
  @ApiPropertyOptional({
    enum: OUTCOMES,
    default: 'HANDLED',
    description: 'How it ended, for lists, exports and statistics.',
    example: 'HANDLED',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(OUTCOMES)
  outcome?: Outcome;

  @TextField({
    description: 'Why, in one line. The ledger keeps it.',
    example: 'The refund is paid',
    optional: true,
  })
  reason?: string;
}

@ApiSchema({ description: 'No fields: the caller is the operator.' })
export class AllocateRequest {}

/** Accepts no body or an object without fields. */
export const noFields: PipeTransform<unknown, AllocateRequest> = {
  transform(value: unknown): AllocateRequest {
    if (value === undefined) return {};
    const isEmpty =
      typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
    if (!isEmpty)
      throw new ValidationFailed([
        { field: 'body', message: 'this request has no fields: send {} or no body' },
      ]);
    return {};
  },
};

export class AllocateResult {
  @ApiProperty({
    type: ConversationResponse,
    nullable: true,
    description: 'null when no conversation waits.',
  })
  conversation: ConversationResponse | null;
}

export class OwnQueue extends PageOf(ConversationResponse) {
  @ApiProperty({
    enum: AVAILABILITIES,
    description: 'The availability of the caller. Only AVAILABLE operators can allocate and claim.',
  })
  operatorStatus: Availability;
}
