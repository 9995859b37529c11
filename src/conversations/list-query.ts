import { ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { PhoneQuery } from '../customers/phone-fields.js';
import { PageBody, PageQuery } from '../http/page-query.js';
import { PartField } from '../search/part-field.js';
import { ConversationFilterQuery } from './conversation-filters.js';

export const SORTS = ['newest', 'oldest', 'waiting', 'priority'] as const;
export type Sort = (typeof SORTS)[number];

export class ListConversations extends IntersectionType(ConversationFilterQuery, PageQuery) {
  @ApiPropertyOptional({
    enum: SORTS,
    default: 'newest',
    description:
      '`newest` and `oldest` sort by `lastMessageAt`. QUEUED ones only: `waiting` sorts by `waitingSince`, who waits ' +
      'longest first; `priority` has the order of allocate.',
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
