import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal } from '../access/principal.js';
import type { Page } from '../http/cursor.js';
import { PageOf } from '../http/page-query.js';
import { Describe } from '../openapi/describe.js';
import { DeadlinesService } from './deadlines.service.js';
import { DeadlineResponse, ListDeadlines } from './list-deadlines.js';

@ApiTags('Deadlines')
@Controller('deadlines')
export class DeadlinesController {
  constructor(private readonly deadlines: DeadlinesService) {}

  @Get()
  @Describe({
    id: 'listDeadlines',
    summary: 'List deadlines',
    detail: 'Those of every kind, the next to end first.',
    response: PageOf(DeadlineResponse),
    problems: ['INVALID_CURSOR'],
  })
  list(
    @Caller() { tenantId }: OperatorPrincipal,
    @Query() query: ListDeadlines,
  ): Promise<Page<DeadlineResponse>> {
    return this.deadlines.list(tenantId, query);
  }
}
