import { ApiPropertyOptional } from '@nestjs/swagger';
import { Matches, ValidateIf } from 'class-validator';
import { IdField, QueryInteger, TextField } from '../http/fields.js';
import { EVENT_TYPES, type EventType } from '../ledger/event.js';

const TYPE = EVENT_TYPES.map((type) => type.replace('.', '\\.')).join('|');
const TYPES = new RegExp(`^(${TYPE})(,(${TYPE}))*$`);

/** The value of `after` for a feed that starts now. */
export const LATEST = 'latest';

/** Filters the entries of the feed. */
export class FeedFilters {
  @ApiPropertyOptional({
    type: String,
    pattern: TYPES.source,
    description: 'Only events of these types (see `EventType`), separated by commas.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @Matches(TYPES, {
    message: `type must be event types, separated by commas, for example conversation.allocated,operator.offline`,
  })
  type?: string;

  @IdField({
    description: 'Only events of this inbox, moves into it and out of it included.',
    optional: true,
  })
  inboxId?: string;
}

export class FeedQuery extends FeedFilters {
  @TextField({
    description:
      '`nextCursor` of the previous page, with the same filters. Without it the feed starts at the first entry of the ledger; ' +
      'with `latest` it starts now.',
    max: 2_000,
    optional: true,
  })
  after?: string;

  @QueryInteger({ description: 'How many entries a page has at most.', min: 1, max: 1_000, default: 100 })
  limit = 100;
}

export function typesOf({ type }: FeedFilters): EventType[] | null {
  return type === undefined ? null : [...new Set(type.split(','))].sort().map((name) => name as EventType);
}
