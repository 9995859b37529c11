import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf, PageQuery } from '../http/page-query.js';
import { idParam } from '../http/validation.pipe.js';
import { CreateOperator, UpdateOperator } from './operator-requests.js';
import { UpdatedOperator } from './left-behind.js';
import { OperatorResponse } from './operator.js';
import { OperatorsService } from './operators.service.js';

@ApiTags('Operators')
@Controller('operators')
export class OperatorsController {
  constructor(private readonly operators: OperatorsService) {}

  @Post()
  @Describe({
    id: 'createOperator',
    summary: 'Create an operator',
    detail: 'A new operator is OFFLINE and has no subscriptions.',
    status: 201,
    response: OperatorResponse,
    example: {
      id: '019c8f00-0000-7000-8000-000000000015',
      tenantId: '019c8f00-0000-7000-8000-000000000001',
      name: 'Otto Operator',
      email: 'otto@demo.example',
      externalId: 'auth0|65f0c0ffee5eed',
      role: 'OPERATOR',
      maxLoad: 3,
      isActive: true,
      isReleasing: false,
      status: 'OFFLINE',
      statusReason: null,
      lastStatusChangeAt: '2026-03-02T09:30:00.000Z',
      createdAt: '2026-03-02T09:30:00.000Z',
      updatedAt: '2026-03-02T09:30:00.000Z',
    },
    problems: ['ALREADY_EXISTS', 'QUOTA_EXCEEDED'],
    unique: 'email or externalId',
  })
  create(@Caller() admin: OperatorPrincipal, @Body() request: CreateOperator): Promise<OperatorResponse> {
    return this.operators.create(admin, request);
  }

  @Get()
  @Describe({
    id: 'listOperators',
    summary: 'List operators',
    response: PageOf(OperatorResponse),
    problems: ['INVALID_CURSOR'],
  })
  list(@Caller() caller: TenantPrincipal, @Query() query: PageQuery): Promise<Page<OperatorResponse>> {
    return this.operators.list(caller, query);
  }

  @Get(':id')
  @Describe({
    id: 'getOperator',
    summary: 'Get an operator',
    response: OperatorResponse,
    problems: ['NOT_FOUND'],
  })
  get(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<OperatorResponse> {
    return this.operators.get(caller, id);
  }

  @Patch(':id')
  @ApiBody({
    type: UpdateOperator,
    examples: {
      limit: { value: { maxLoad: 5 } },
      deactivate: { value: { isActive: false } },
      leave: { value: { isActive: false, revokeKeys: true } },
    },
  })
  @Describe({
    id: 'updateOperator',
    summary: 'Update an operator',
    detail:
      'Changes only the fields given. With `isActive: false` the operator goes OFFLINE and every ' +
      'conversation they hold is queued again. The last active ADMIN of a tenant keeps this role and stays active. Then the response lists the API keys and ' +
      'webhooks they created; `revokeKeys: true` revokes and deletes these.',
    response: UpdatedOperator,
    problems: ['NOT_FOUND', 'LAST_ADMIN', 'ALREADY_EXISTS', 'QUOTA_EXCEEDED'],
    unique: 'email or externalId',
  })
  update(
    @Caller() admin: OperatorPrincipal,
    @Param('id', idParam) id: string,
    @Body() request: UpdateOperator,
  ): Promise<UpdatedOperator> {
    return this.operators.update(admin, id, request);
  }
}
