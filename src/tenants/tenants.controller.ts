import { Body, Controller, Get, Patch, Post, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf, PageQuery } from '../http/page-query.js';
import { FOUNDED, RERANKED } from './tenant-examples.js';
import { CreateTenant, TenantSettings } from './tenant-requests.js';
import { NewTenant, TenantResponse } from './tenant.js';
import { TenantsService } from './tenants.service.js';

@ApiTags('Tenants')
@Controller()
export class TenantsController {
  constructor(private readonly tenants: TenantsService) {}

  @Get('tenant')
  @Describe({ summary: 'My company and its settings', response: TenantResponse })
  own(@Caller() caller: TenantPrincipal): Promise<TenantResponse> {
    return this.tenants.own(caller);
  }

  @Patch('tenant/settings')
  @ApiBody({
    type: TenantSettings,
    examples: {
      weights: { value: { alpha: 0.3, beta: 0.7 } },
      candidateWindow: { value: { normalization: 'CANDIDATE_WINDOW', candidateWindow: 50 } },
      nudgingDoesNotMatter: { value: { delayBasis: 'WAITING_SINCE', maxDelayMinutes: null } },
      people: { value: { gracePeriodSeconds: 300, autoSubscribe: true, defaultMaxLoad: 5 } },
    },
  })
  @Describe({
    summary: 'Change how conversations are ranked and distributed',
    detail: 'Only the fields given change. New weights take effect for the whole waiting queue at once.',
    response: TenantResponse,
    example: RERANKED,
  })
  changeSettings(
    @Caller() admin: OperatorPrincipal,
    @Body() settings: TenantSettings,
  ): Promise<TenantResponse> {
    return this.tenants.changeSettings(admin, settings);
  }

  @Post('tenants')
  @Describe({
    summary: 'Create a tenant with its first ADMIN',
    status: 201,
    response: NewTenant,
    example: FOUNDED,
  })
  create(@Body() request: CreateTenant): Promise<NewTenant> {
    return this.tenants.create(request);
  }

  @Get('tenants')
  @Describe({
    summary: 'List tenants',
    response: PageOf(TenantResponse),
    problems: ['INVALID_CURSOR'],
  })
  list(@Query() query: PageQuery): Promise<Page<TenantResponse>> {
    return this.tenants.list(query);
  }
}
