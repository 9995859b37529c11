import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { IdField, PhoneField, TextField } from '../http/fields.js';
import { PageQuery } from '../http/page-query.js';
import { STATES, type State } from '../ledger/state-machine.js';

export const SORTS = ['newest', 'oldest', 'priority'] as const;
export type Sort = (typeof SORTS)[number];

export class ListConversations extends PageQuery {
  @ApiPropertyOptional({ enum: STATES, description: 'In this state.' })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(STATES)
  state?: State;

  @IdField({ description: 'Of this inbox.', optional: true })
  inboxId?: string;

  @IdField({ description: 'Held by this operator now.', optional: true })
  assignedOperatorId?: string;

  @PhoneField({ description: 'Of this customer.', optional: true })
  customerPhoneNumber?: string;

  @IdField({ description: 'With this label.', optional: true })
  labelId?: string;

  @IdField({ description: 'Of this lead.', optional: true })
  leadId?: string;

  @TextField({ description: "The thread's id in the orchestrator.", optional: true })
  externalConversationId?: string;

  @ApiPropertyOptional({
    enum: SORTS,
    default: 'newest',
    description:
      '`newest`, `oldest`: by lastMessageAt. `priority`: the waiting ones as allocate would pick them.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(SORTS)
  sort?: Sort;
}

export class SearchConversations extends PageQuery {
  @PhoneField({ description: 'The whole number; spaces do not matter.', example: '+4915112345601' })
  phoneNumber: string;
}
