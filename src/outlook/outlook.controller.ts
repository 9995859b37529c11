import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { ServicePrincipal, TenantPrincipal } from '../access/principal.js';
import { NEW } from '../conversations/conversation-examples.js';
import { TakesList } from '../http/body-limits.js';
import { idParam } from '../http/validation.pipe.js';
import { Describe } from '../openapi/describe.js';
import { Outlook } from './outlook.js';
import { itemsOfBatch, OutlookBatch, OutlookResults } from './outlook-request.js';
import { OutlookStatistics } from './outlook-statistics.js';
import { OutlookStatisticsService } from './outlook-statistics.service.js';
import { OutlookService } from './outlook.service.js';
import { DistributionQuery } from '../stats/window.js';

const EXAMPLE: Outlook = {
  place: 4,
  placeIsExact: true,
  waiting: 12,
  expectedWaitSeconds: 180,
  low: 75,
  high: 420,
  confidence: 0.8,
  basedOn: 1000,
  reason: null,
  asOf: '2026-03-02T09:30:00.000Z',
};

@Controller()
export class OutlookController {
  constructor(
    private readonly outlooks: OutlookService,
    private readonly statistics: OutlookStatisticsService,
  ) {}

  @Get('conversations/:id/outlook')
  @ApiTags('Conversations')
  @Describe({
    id: 'getConversationOutlook',
    summary: 'Get the place and the expected wait of a conversation',
    detail:
      'Its place in the queue of its inbox, how long it will probably wait from now on, and an interval that ' +
      'contains the actual wait four times of five.',
    response: Outlook,
    example: EXAMPLE,
    problems: ['NOT_FOUND', 'CONVERSATION_NOT_QUEUED'],
  })
  one(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<Outlook> {
    return this.outlooks.one(caller, id);
  }

  @Post('orchestrator/outlook')
  @TakesList()
  @HttpCode(200)
  @ApiTags('Messages')
  @ApiBody({ type: OutlookBatch })
  @Describe({
    id: 'getOutlooks',
    summary: 'Get the places and the expected waits of threads',
    detail:
      'Between 1 and 100 threads. The results have the order of the items; an invalid item does not affect the ' +
      'others. A thread that does not wait has the error CONVERSATION_NOT_QUEUED.',
    response: OutlookResults,
    example: {
      results: [
        { index: 0, status: 200, conversationId: NEW.id, ...EXAMPLE },
        {
          index: 1,
          status: 404,
          error: { code: 'NOT_FOUND', detail: 'There is no inbox with this phone number.' },
        },
      ],
    },
  })
  async batch(
    @Caller() service: ServicePrincipal,
    @Body(itemsOfBatch) items: unknown[],
  ): Promise<OutlookResults> {
    return { results: await this.outlooks.batch(service, items) };
  }

  @Get('stats/outlook')
  @ApiTags('Statistics')
  @Describe({
    id: 'getOutlookStatistics',
    summary: 'Get statistics of outlooks',
    detail:
      'How the outlooks turned out that were told from `from` to `to`: the share of actual waits in their interval, ' +
      'and by how much the expected waits were wrong. Outlooks are kept for 30 days, at most the newest 100,000.',
    response: OutlookStatistics,
  })
  accuracy(@Caller() caller: TenantPrincipal, @Query() query: DistributionQuery): Promise<OutlookStatistics> {
    return this.statistics.get(caller, query);
  }
}
