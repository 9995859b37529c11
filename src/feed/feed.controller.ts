import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import { Describe } from '../openapi/describe.js';
import { FeedPageResponse } from './feed-responses.js';
import { FeedQuery } from './feed-query.js';
import { FeedService } from './feed.service.js';

@ApiTags('Events')
@Controller('events')
export class FeedController {
  constructor(private readonly feed: FeedService) {}

  @Get()
  @Describe({
    id: 'listEvents',
    summary: 'List events',
    detail:
      'The change feed of the tenant: every ledger entry exactly once, in the order of commits. Entries of ' +
      'one conversation are in the order of its `version`. OPERATORs get the entries of their inboxes, of ' +
      'conversations they hold, and of themselves. A page may hold fewer entries than `limit`, or none, and ' +
      'still have `hasMore: true`. Where the operator of the service lets old entries leave the feed, it begins with ' +
      'the oldest that is left, and a cursor after which entries are missing is refused as `INVALID_CURSOR`.',
    response: FeedPageResponse,
    problems: ['INVALID_CURSOR'],
  })
  read(@Caller() caller: TenantPrincipal, @Query() query: FeedQuery): Promise<FeedPageResponse> {
    return this.feed.read(caller, query);
  }
}
