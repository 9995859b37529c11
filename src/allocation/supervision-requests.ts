import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, ValidateIf } from 'class-validator';
import { ConversationResponse, LabelSummary } from '../conversations/conversation.js';
import { IdField } from '../http/fields.js';

const CONVERSATION = { description: 'The conversation.', example: '019c8f00-0000-7000-8000-000000000305' };

export class ReassignRequest {
  @IdField(CONVERSATION)
  conversationId: string;

  @IdField({ description: 'The operator who receives it.', example: '019c8f00-0000-7000-8000-000000000011' })
  operatorId: string;

  @ApiPropertyOptional({ default: false, description: 'Whether an operator at capacity receives it too.' })
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean()
  overrideCapacity?: boolean;
}

export class MoveRequest {
  @IdField({ ...CONVERSATION, example: '019c8f00-0000-7000-8000-000000000303' })
  conversationId: string;

  @IdField({ description: 'The inbox it moves to.', example: '019c8f00-0000-7000-8000-000000000102' })
  inboxId: string;
}

export class LabelExchange {
  @ApiProperty({ type: LabelSummary })
  from: LabelSummary;
  @ApiProperty({ type: LabelSummary })
  to: LabelSummary;
}

export class MoveResult {
  @ApiProperty({ type: ConversationResponse })
  conversation: ConversationResponse;
  @ApiProperty({
    type: [LabelExchange],
    description: 'Labels exchanged for labels of the same name in the new inbox.',
  })
  labelsExchanged: LabelExchange[];
  @ApiProperty({
    type: [LabelSummary],
    description: 'Labels detached, since the new inbox has none of that name.',
  })
  labelsDetached: LabelSummary[];
}
