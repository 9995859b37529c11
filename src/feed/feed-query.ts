import { ApiPropertyOptional } from '@nestjs/swagger';
import { Matches, ValidateIf } from 'class-validator';
import { IdField, QueryInteger, TextField } from '../http/fields.js';
import { EVENT_TYPES, type EventType } from '../ledger/event.js';

const TYPE = EVENT_TYPES.map((type) => type.replace('.', '\\.')).join('|');
const TYPES = new RegExp(`^(${TYPE})(,(${TYPE}))*$`);

/** As `after`: nothing of what was. */
export const LATEST = 'latest';

/** What of the feed is wanted. */
export class FeedFilters {
  @ApiPropertyOptional({
    type: String,
    pattern: TYPES.source,
    description: `Of these types only, separated by commas: ${EVENT_TYPES.map((type) => `\`${type}\``).join(', ')}.`,
  })
  @ValidateIf((_, value) => value !== undefined)
  @Matches(TYPES, {
    message: `type must be event types, separated by commas, for example conversation.allocated,operator.offline`,
  })
  type?: string;

  @IdField({
    description: 'Of this inbox only: what happened in it, came into it or left it.',
    optional: true,
  })
  inboxId?: string;
}

export class FeedQuery extends FeedFilters {
  @TextField({
    description:
      '`nextCursor` of the page before, with the same filters. Not given: from the first entry of the ledger. ' +
      '`latest`: nothing of what was, so that `nextCursor` leads to what comes.',
    max: 2_000,
    optional: true,
  })
  after?: string;

  @QueryInteger({ description: 'How many to show at most.', min: 1, max: 1_000, default: 100 })
  limit = 100;
}

export function typesOf({ type }: FeedFilters): EventType[] | null {
  return type === undefined ? null : [...new Set(type.split(','))].sort().map((name) => name as EventType);
}
