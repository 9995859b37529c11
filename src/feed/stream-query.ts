import { TextField } from '../http/fields.js';
import { FeedFilters } from './feed-query.js';

export class StreamQuery extends FeedFilters {
  @TextField({
    description:
      'For the first connection of clients that cannot set `Last-Event-ID`, which goes before it: `nextCursor` of ' +
      '`GET /events` or the id of an event, with the same filters. Not given, or `latest`: what comes from now on.',
    max: 2_000,
    optional: true,
  })
  after?: string;
}
