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
    summary: 'What changed, in order, from where you were',
    detail:
      'Every entry of the ledger, none skipped and none twice. An entry appears as soon as it is committed; what commits ' +
      'later comes later. Entries of one conversation come in the order of its `version`. OPERATORs see what happens in ' +
      'their inboxes, to what they hold, and to themselves. A page may hold fewer than `limit`, or none, and still say ' +
      '`hasMore`.',
    response: FeedPageResponse,
    problems: ['INVALID_CURSOR'],
  })
  read(@Caller() caller: TenantPrincipal, @Query() query: FeedQuery): Promise<FeedPageResponse> {
    return this.feed.read(caller, query);
  }
}
