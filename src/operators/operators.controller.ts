import { Body, Controller, Get, Param, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import type { CheckedItem } from '../http/batch-of.js';
import { TakesList } from '../http/body-limits.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf, PageQuery } from '../http/page-query.js';
import { idParam } from '../http/validation.pipe.js';
import { ExternalIdParam, externalIdParam } from './external-id.js';
import { OperatorBatch, OperatorBatchResult, operatorsOfBatch } from './operator-batch.js';
import { CreateOperator, UpdateOperator } from './operator-requests.js';
import { UpdatedOperator } from './left-behind.js';
import { OperatorSetup } from './operator-setup.js';
import { OperatorResponse } from './operator.js';
import { OperatorsService } from './operators.service.js';

const CREATED = {
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
};

@ApiTags('Operators')
@Controller('operators')
export class OperatorsController {
  constructor(
    private readonly operators: OperatorsService,
    private readonly setup: OperatorSetup,
  ) {}

  @Post()
  @Describe({
    id: 'createOperator',
    summary: 'Create an operator',
    detail: 'A new operator is OFFLINE and has no subscriptions.',
    status: 201,
    response: OperatorResponse,
    example: CREATED,
    problems: ['ALREADY_EXISTS', 'QUOTA_EXCEEDED'],
    unique: 'email or externalId',
  })
  create(@Caller() admin: OperatorPrincipal, @Body() request: CreateOperator): Promise<OperatorResponse> {
    return this.operators.create(admin, request);
  }

  @Post('batch')
  @TakesList()
  @ApiBody({ type: OperatorBatch })
  @Describe({
    id: 'upsertOperators',
    summary: 'Create or update many operators',
    detail:
      'Between 1 and 1,000 operators. One with an `externalId` is stored as by `PUT /operators/{id}`, another one is ' +
      'created. The results have the order of the operators; a refused one does not affect the others. Each is a ' +
      'transaction of its own; with an `Idempotency-Key` they are one together.',
    response: OperatorBatchResult,
    example: {
      results: [
        { index: 0, status: 201, operatorId: CREATED.id, created: true },
        { index: 1, status: 200, operatorId: '019c8f00-0000-7000-8000-000000000013', created: false },
        {
          index: 2,
          status: 409,
          error: {
            code: 'ALREADY_EXISTS',
            detail: 'There is already an operator with this email.',
            field: 'email',
          },
        },
      ],
    },
    see: '/operators',
  })
  async batch(
    @Caller() admin: OperatorPrincipal,
    @Body(operatorsOfBatch) operators: CheckedItem<CreateOperator>[],
  ): Promise<OperatorBatchResult> {
    return { results: await this.setup.batch(admin, operators) };
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

  @Put(':id')
  @ExternalIdParam()
  @ApiBody({
    type: CreateOperator,
    examples: {
      store: { value: { name: 'Otto Operator', role: 'OPERATOR', maxLoad: 3 } },
      leave: { value: { name: 'Otto Operator', isActive: false } },
    },
  })
  @Describe({
    id: 'upsertOperator',
    summary: 'Create or update an operator by externalId',
    detail:
      'Creates the operator with the `externalId` of the path, or changes the fields given of the one who has it. What ' +
      'is not given stays as it is. A request that changes nothing writes nothing. `externalId` in the body must be ' +
      'missing or the same.',
    status: 200,
    also: { 200: 'The operator with this `externalId` was updated', 201: 'An operator was created' },
    response: UpdatedOperator,
    example: CREATED,
    problems: ['LAST_ADMIN', 'ALREADY_EXISTS', 'QUOTA_EXCEEDED'],
    unique: 'email',
    see: '/operators',
  })
  async put(
    @Caller() admin: OperatorPrincipal,
    @Param('id', externalIdParam) externalId: string,
    @Body() request: CreateOperator,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UpdatedOperator> {
    const { operator, created } = await this.setup.put(admin, externalId, request);
    void reply.status(created ? 201 : 200);
    return operator;
  }
}
