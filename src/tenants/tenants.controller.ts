import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf, PageQuery } from '../http/page-query.js';
import { idParam } from '../http/validation.pipe.js';
import { OperatorResponse } from '../operators/operator.js';
import { CREATED, RERANKED } from './tenant-examples.js';
import { CreateAdmin, CreateTenant, TenantSettings, UpdateTenant } from './tenant-requests.js';
import { NewTenant, TenantResponse } from './tenant.js';
import { TenantLifeService } from './tenant-life.service.js';
import { TenantsService } from './tenants.service.js';

@ApiTags('Tenants')
@Controller()
export class TenantsController {
  constructor(
    private readonly tenants: TenantsService,
    private readonly life: TenantLifeService,
  ) {}

  @Get('tenant')
  @Describe({
    id: 'getTenant',
    summary: "Get the caller's tenant",
    detail: 'With its settings.',
    response: TenantResponse,
  })
  own(@Caller() caller: TenantPrincipal): Promise<TenantResponse> {
    return this.tenants.own(caller);
  }

  @Patch('tenant/settings')
  @ApiBody({
    type: TenantSettings,
    examples: {
      weights: { value: { alpha: 0.3, beta: 0.7 } },
      candidateWindow: { value: { normalization: 'CANDIDATE_WINDOW', candidateWindow: 50 } },
      delaySinceWaiting: { value: { delayBasis: 'WAITING_SINCE', maxDelayMinutes: null } },
      operators: { value: { gracePeriodSeconds: 300, autoSubscribe: true, defaultMaxLoad: 5 } },
    },
  })
  @Describe({
    id: 'updateTenantSettings',
    summary: 'Update the settings of the tenant',
    detail: 'Changes only the fields given. New weights apply to the whole waiting queue at once.',
    response: TenantResponse,
    problems: ['NOT_FOUND', 'INBOX_INACTIVE'],
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
    id: 'createTenant',
    summary: 'Create a tenant',
    detail: 'Creates the tenant and its first ADMIN, who creates everything else.',
    status: 201,
    response: NewTenant,
    problems: ['NOT_FOUND'],
    example: CREATED,
  })
  create(@Body() request: CreateTenant): Promise<NewTenant> {
    return this.tenants.create(request);
  }

  @Post('tenants/:id/admins')
  @Describe({
    id: 'createAdmin',
    summary: 'Create an ADMIN of a tenant',
    detail: 'Creates an operator with the role ADMIN. For a tenant whose ADMINs have all left.',
    status: 201,
    response: OperatorResponse,
    problems: ['NOT_FOUND', 'ALREADY_EXISTS'],
    unique: 'email',
    example: CREATED.admin,
  })
  appoint(@Param('id', idParam) id: string, @Body() request: CreateAdmin): Promise<OperatorResponse> {
    return this.life.appoint(id, request);
  }

  @Get('tenants')
  @Describe({
    id: 'listTenants',
    summary: 'List tenants',
    response: PageOf(TenantResponse),
    problems: ['INVALID_CURSOR'],
  })
  list(@Query() query: PageQuery): Promise<Page<TenantResponse>> {
    return this.tenants.list(query);
  }

  @Get('tenants/:id')
  @Describe({
    id: 'getTenantById',
    summary: 'Get a tenant',
    response: TenantResponse,
    problems: ['NOT_FOUND'],
  })
  get(@Param('id', idParam) id: string): Promise<TenantResponse> {
    return this.life.get(id);
  }

  @Patch('tenants/:id')
  @ApiBody({
    type: UpdateTenant,
    examples: {
      identityProvider: { value: { name: 'Acme', externalId: 'org_7f3a' } },
      suspend: { value: { isSuspended: true } },
      resume: { value: { isSuspended: false } },
    },
  })
  @Describe({
    id: 'updateTenant',
    summary: 'Update or suspend a tenant',
    detail:
      'Changes only the fields given. While a tenant is suspended, every request of its operators and services is refused ' +
      'with `TENANT_SUSPENDED`, its event streams end, and its background work rests: nothing is distributed or ' +
      'delivered to webhooks, and deadlines wait.',
    response: TenantResponse,
    problems: ['NOT_FOUND', 'ALREADY_EXISTS'],
    unique: 'externalId',
    example: { ...CREATED.tenant, externalId: 'org_7f3a' },
  })
  update(@Param('id', idParam) id: string, @Body() request: UpdateTenant): Promise<TenantResponse> {
    return this.life.update(id, request);
  }

  @Delete('tenants/:id')
  @Describe({
    id: 'deleteTenant',
    summary: 'Delete a suspended tenant',
    detail:
      'It is gone for everybody at once, and nothing brings it back. All its data, its ledger and its audit are then ' +
      'deleted in batches.',
    status: 202,
    problems: ['NOT_FOUND', 'TENANT_NOT_SUSPENDED'],
  })
  delete(@Param('id', idParam) id: string): Promise<void> {
    return this.life.delete(id);
  }
}
