import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import { Describe } from '../openapi/describe.js';
import { idParam } from '../http/validation.pipe.js';
import { QueueStatistics } from './queue-statistics.js';
import { DistributionStatistics, OperatorsStatistics, OperatorStatistics } from './stats-responses.js';
import { StatsService } from './stats.service.js';
import { DistributionQuery, WindowQuery } from './window.js';

@ApiTags('Statistics')
@Controller()
export class StatsController {
  constructor(private readonly stats: StatsService) {}

  @Get('stats/queue')
  @Describe({
    summary: 'How many wait in each inbox, and how long',
    detail: 'With what came and what was resolved in the last 60 minutes. Exact at the moment of the answer.',
    response: QueueStatistics,
  })
  queue(@Caller() caller: TenantPrincipal): Promise<QueueStatistics> {
    return this.stats.queue(caller);
  }

  @Get('stats/distribution')
  @Describe({
    summary: 'Who was given how much by push distribution, and how much they should be',
    detail:
      'A row for each operator who was given something out of an inbox, and for everybody with a place in an inbox that ' +
      'distributes by itself now or did in that time. Weights are those of now, whatever they were when a conversation ' +
      'was given. What operators took themselves, or a supervisor gave them, does not count here.',
    response: DistributionStatistics,
  })
  distribution(
    @Caller() caller: TenantPrincipal,
    @Query() query: DistributionQuery,
  ): Promise<DistributionStatistics> {
    return this.stats.distribution(caller, query);
  }

  @Get('stats/operators')
  @Describe({
    summary: 'What every operator holds, and what they did',
    detail: 'Load, capacity and status are those of now; everything else is counted from `from` to `to`.',
    response: OperatorsStatistics,
  })
  operators(@Caller() caller: TenantPrincipal, @Query() query: WindowQuery): Promise<OperatorsStatistics> {
    return this.stats.operators(caller, query);
  }

  @Get('operators/:id/stats')
  @Describe({
    summary: 'What one operator holds, and what they did',
    detail:
      'The time to resolve runs from when the last holder was given the conversation until it was resolved.',
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
