import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import { Describe } from '../openapi/describe.js';
import { idParam } from '../http/validation.pipe.js';
import { QueueStatistics } from './queue-statistics.js';
import {
  DistributionStatistics,
  OperatorsStatistics,
  OperatorStatistics,
  WaitStatistics,
} from './stats-responses.js';
import { StatsService } from './stats.service.js';
import { DistributionQuery, WindowQuery } from './window.js';

@ApiTags('Statistics')
@Controller()
export class StatsController {
  constructor(private readonly stats: StatsService) {}

  @Get('stats/queue')
  @Describe({
    id: 'getQueueStatistics',
    summary: 'Get queue statistics',
    detail:
      'For each inbox: how many conversations wait, since when, and what arrived and was resolved in the ' +
      'last 60 minutes. Exact at the time of the response.',
    response: QueueStatistics,
  })
  queue(@Caller() caller: TenantPrincipal): Promise<QueueStatistics> {
    return this.stats.queue(caller);
  }

  @Get('stats/distribution')
  @Describe({
    id: 'getDistributionStatistics',
    summary: 'Get distribution statistics',
    detail:
      'What push distribution gave to each operator, beside what their weight entitles them to. A row for ' +
      'each operator who received a conversation from an inbox, and for each subscription of an inbox that ' +
      'distributes now or did in that time. Weights are the current ones. Conversations that operators ' +
      'allocated or claimed, or that a supervisor reassigned, do not count.',
    response: DistributionStatistics,
  })
  distribution(
    @Caller() caller: TenantPrincipal,
    @Query() query: DistributionQuery,
  ): Promise<DistributionStatistics> {
    return this.stats.distribution(caller, query);
  }

  @Get('stats/waits')
  @Describe({
    id: 'getWaitStatistics',
    summary: 'Get waits and service level',
    detail:
      'For each inbox: how long those waited who were given to somebody from `from` to `to`, the shares within 30 seconds to ' +
      'an hour and within the target of the inbox, how many were resolved without having been given, and the times to the ' +
      'first reply. A wait counts when it ends, in the inbox in which it ends, and a conversation that was queued again ' +
      'counts again from when its customer began to wait.',
    response: WaitStatistics,
  })
  waits(@Caller() caller: TenantPrincipal, @Query() query: DistributionQuery): Promise<WaitStatistics> {
    return this.stats.waits(caller, query);
  }

  @Get('stats/operators')
  @Describe({
    id: 'listOperatorStatistics',
    summary: 'Get statistics of all operators',
    detail: 'Load, capacity and status are the current ones; everything else is counted from `from` to `to`.',
    response: OperatorsStatistics,
  })
  operators(@Caller() caller: TenantPrincipal, @Query() query: WindowQuery): Promise<OperatorsStatistics> {
    return this.stats.operators(caller, query);
  }

  @Get('operators/:id/stats')
  @Describe({
    id: 'getOperatorStatistics',
    summary: 'Get statistics of an operator',
    detail: 'The time to resolve is measured from the moment the last holder received the conversation.',
    response: OperatorStatistics,
    problems: ['NOT_FOUND'],
  })
  operator(
    @Caller() caller: TenantPrincipal,
    @Param('id', idParam) id: string,
    @Query() query: WindowQuery,
  ): Promise<OperatorStatistics> {
    return this.stats.operator(caller, id, query);
  }
}
