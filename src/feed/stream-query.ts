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
}
