import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { ForeignIdQuery } from '../customers/id-field.js';
import { PhoneQuery } from '../customers/phone-fields.js';
import { IdField } from '../http/fields.js';
import { PageBody, PageQuery } from '../http/page-query.js';
import { STATES, type State } from '../ledger/state-machine.js';
import { PartField } from '../search/part-field.js';

export const SORTS = ['newest', 'oldest', 'priority'] as const;
export type Sort = (typeof SORTS)[number];

export class ListConversations extends PageQuery {
  @ApiPropertyOptional({ enum: STATES, description: 'Only conversations in this state.' })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(STATES)
  state?: State;

  @IdField({ description: 'Only conversations of this inbox.', optional: true })
  inboxId?: string;

  @IdField({ description: 'Only conversations that this operator holds.', optional: true })
  assignedOperatorId?: string;

  @IdField({
    description: 'Only RESOLVED conversations that this operator held when they were resolved.',
    optional: true,
  })
  lastOperatorId?: string;

  @PhoneQuery({
    description: 'Only conversations of this customer, also by a former number or another form of it.',
    optional: true,
  })
  customerPhoneNumber?: string;

  @IdField({ description: 'Only conversations with this label.', optional: true })
  labelId?: string;

  @IdField({
    description: 'Only conversations of this lead, or of the one into which it was merged.',
    optional: true,
  })
  leadId?: string;

  @ForeignIdQuery({
    description: "The thread's id in the orchestrator. Threads of several inboxes can have the same one.",
    optional: true,
  })
  externalConversationId?: string;

  @ApiPropertyOptional({
    enum: SORTS,
    default: 'newest',
    description:
      '`newest` and `oldest` sort by `lastMessageAt`; `priority` lists QUEUED conversations in the order of allocate.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(SORTS)
  sort?: Sort;
}

/** What a search looks for: either of both. */
const SoughtNumber = (more: { example?: string }) =>
  PhoneQuery({
    description:
      'The whole number, in every form that `customerPhoneNumber` of a message can have, also one that the customer had ' +
      'before. A text that is no number finds nothing.',
    optional: true,
    ...more,
  });
const SoughtPart = (more: { example?: string }) =>
  PartField({
    description:
      'A part of the number, name, address or `externalConversationId`, without regard to case. The last digits of a ' +
      'number are enough. No character is a wildcard.',
    optional: true,
    ...more,
  });

// Swagger UI fills in examples, and a search has one of both.
export class SearchConversations extends PageQuery {
  @SoughtNumber({ example: '+4915112345601' })
  phoneNumber?: string;

  @SoughtPart({})
  q?: string;
}

export class SearchConversationsBody extends PageBody {
  @SoughtNumber({})
  phoneNumber?: string;

  @SoughtPart({})
  q?: string;
}
