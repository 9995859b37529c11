import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import { TakesList } from '../http/body-limits.js';
import { idParam } from '../http/validation.pipe.js';
import { Describe } from '../openapi/describe.js';
import { BulkQuery, BulkRequest } from './bulk-requests.js';
import { BulkPlan, BulkProgress } from './bulk-responses.js';
import { BulkService } from './bulk.service.js';

const PLAN = {
  select: { filters: { assignedOperatorId: ['019c8f00-0000-7000-8000-000000000012'] } },
  action: {
    type: 'reassign',
    operatorIds: ['019c8f00-0000-7000-8000-000000000011', '019c8f00-0000-7000-8000-000000000013'],
  },
  reason: 'Oscar is ill',
};

@ApiTags('Allocation')
@Controller('allocation/bulk')
export class BulkController {
  constructor(private readonly bulk: BulkService) {}

  @Post()
  @TakesList()
  @ApiBody({
    type: BulkRequest,
    examples: {
      returnAll: { value: { ...PLAN, action: { type: 'deallocate' }, dryRun: true } },
      shareOut: { value: { ...PLAN, dryRun: true } },
      run: { value: { planId: '019c8f00-0000-7000-8000-000000000801' } },
    },
  })
  @Describe({
    id: 'startBulk',
    summary: 'Plan or run an action on many conversations',
    detail:
      'With `dryRun` it only plans: the response says for each of at most 1,000 conversations what would become of ' +
      'it, or the code with which it would be refused. `{planId}` alone runs that plan; without `dryRun` a plan runs ' +
      'at once.\n\n' +
      'A run goes on in the background, see `GET /allocation/bulk/{id}`. Each conversation is a transition of its own, ' +
      'as if the same action had been called for it alone, with the version that the plan saw: what changed meanwhile ' +
      'is `VERSION_MISMATCH` and left as it is. A tenant has at most one run at a time. A service needs the scope of ' +
      'the action, too: `resolve` for `resolve`, `label` and `unlabel`.',
    status: 202,
    also: { 200: 'With `dryRun`: the plan', 202: 'It runs' },
    response: BulkPlan,
    problems: [
      'NOT_FOUND',
      'INBOX_INACTIVE',
      'TOO_MANY_SELECTED',
      'BULK_RUNNING',
      'PLAN_EXPIRED',
      'PLAN_USED',
      'QUOTA_EXCEEDED',
    ],
  })
  async start(
    @Caller() caller: TenantPrincipal,
    @Body() request: BulkRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BulkPlan> {
    const plan = await this.bulk.request(caller, request);
    void reply.status(request.dryRun === true ? 200 : 202);
    return plan;
  }

  @Get(':id')
  @Describe({
    id: 'getBulk',
    summary: 'Get the progress of a bulk',
    detail: 'Plans that were run are kept for seven days, others for an hour after they expire.',
    response: BulkProgress,
    problems: ['NOT_FOUND'],
  })
  async get(
    @Caller() caller: TenantPrincipal,
    @Param('id', idParam) id: string,
    @Query() { include }: BulkQuery,
  ): Promise<BulkProgress> {
    const { items, ...bulk } = await this.bulk.get(caller, id);
    return include === undefined ? bulk : { ...bulk, items };
  }

  @Post(':id/cancel')
  @Describe({
    id: 'cancelBulk',
    summary: 'Cancel a bulk',
    detail:
      'What is done stays done. A plan that was not run cannot be run any more. One that is over stays as it is.',
    response: BulkProgress,
    problems: ['NOT_FOUND'],
  })
  async cancel(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<BulkProgress> {
    const { items: _, ...bulk } = await this.bulk.cancel(caller, id);
    return bulk;
  }
}
