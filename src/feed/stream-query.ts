import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { TextField } from '../http/fields.js';
import { FeedFilters } from './feed-query.js';

export class StreamQuery extends FeedFilters {
  @TextField({
    description:
      'For clients that cannot set `Last-Event-ID`, which takes precedence: `nextCursor` of `GET /events` or the id of an ' +
      'event, with the same filters. Without it, or with `latest`, the stream starts now.',
    max: 2_000,
    optional: true,
  })
  after?: string;

  @TextField({
    description:
      'Instead of credentials, for the EventSource of a browser, which cannot send any: a ticket of `POST /events/tickets`.',
    max: 100,
    optional: true,
  })
  ticket?: string;

  @ApiPropertyOptional({
    enum: ['true', 'false'],
    description:
      '`true`: the open stream renews the presence of its caller, who must be an operator. It then ends after one ' +
      '`presenceTimeoutSeconds` at the latest: a client that is there returns, and one that sleeps does not.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(['true', 'false'])
  presence?: 'true' | 'false';
}
