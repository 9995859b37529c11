import { Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal } from '../access/principal.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf, PageQuery } from '../http/page-query.js';
import { ExpiredResponse, GracePeriodResponse } from './grace-responses.js';
import { GraceService } from './grace.service.js';

@ApiTags('Grace periods')
@Controller('grace-periods')
export class GraceController {
  constructor(private readonly grace: GraceService) {}

  @Get()
  @Describe({
    id: 'listGracePeriods',
    summary: 'List grace periods',
    detail:
      'The next to end first. When one ends, its conversation is queued again, unless the holder is ' +
      'AVAILABLE before.',
    response: PageOf(GracePeriodResponse),
    problems: ['INVALID_CURSOR'],
  })
  list(
    @Caller() { tenantId }: OperatorPrincipal,
    @Query() query: PageQuery,
  ): Promise<Page<GracePeriodResponse>> {
    return this.grace.list(tenantId, query);
  }

  @Post('expire')
  @Describe({
    id: 'expireGracePeriods',
    summary: 'Expire grace periods',
    detail:
      'Queues the conversations whose grace period has ended. The service does this itself every few ' +
      'seconds.',
    response: ExpiredResponse,
  })
  async expire(@Caller() { tenantId }: OperatorPrincipal): Promise<ExpiredResponse> {
    return { expired: await this.grace.expireNow(tenantId) };
  }
}
