import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { TakesList } from '../http/body-limits.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf, PageQuery } from '../http/page-query.js';
import { listOf } from '../http/list-of.js';
import { idParam } from '../http/validation.pipe.js';
import { MAX_REPLACED, SubscriptionRequest } from './subscription-request.js';
import { SubscriptionResponse } from './subscription.js';
import { SubscriptionsService } from './subscriptions.service.js';

/** For the API document: Olivia gets two thirds. */
const TWO_OF_THREE = [
  { operatorId: '019c8f00-0000-7000-8000-000000000011', weight: 2 },
  { operatorId: '019c8f00-0000-7000-8000-000000000012', weight: 1 },
];

@ApiTags('Inboxes')
@Controller('inboxes/:id/operators')
export class SubscriptionsController {
  constructor(private readonly subscriptions: SubscriptionsService) {}

  @Get()
  @Describe({
    id: 'listSubscriptions',
    summary: 'List the operators of an inbox',
    response: PageOf(SubscriptionResponse),
    problems: ['NOT_FOUND', 'INVALID_CURSOR'],
  })
  list(
    @Caller() caller: TenantPrincipal,
    @Param('id', idParam) id: string,
    @Query() query: PageQuery,
  ): Promise<Page<SubscriptionResponse>> {
    return this.subscriptions.list(caller, id, query);
  }

  @Post()
  @Describe({
    id: 'createSubscription',
    summary: 'Subscribe an operator to an inbox',
    status: 201,
    response: SubscriptionResponse,
    problems: ['NOT_FOUND', 'INBOX_INACTIVE', 'ALREADY_EXISTS', 'QUOTA_EXCEEDED'],
    unique: 'operatorId',
  })
  subscribe(
    @Caller() manager: OperatorPrincipal,
    @Param('id', idParam) id: string,
    @Body() request: SubscriptionRequest,
  ): Promise<SubscriptionResponse> {
    return this.subscriptions.subscribe(manager, id, request);
  }

  @Put()
  @TakesList()
  @ApiBody({
    schema: { type: 'array', items: { $ref: getSchemaPath(SubscriptionRequest) }, maxItems: MAX_REPLACED },
    examples: { twoOfThree: { value: TWO_OF_THREE } },
  })
  @Describe({
    id: 'replaceSubscriptions',
    summary: 'Replace the operators of an inbox',
    detail:
      'Operators who are not in the list are unsubscribed. A list with an unknown or repeated operator changes nothing. ' +
      `At most ${MAX_REPLACED.toLocaleString('en')} operators; subscribe further ones one by one. ` +
      'An archived inbox gets no further operators.',
    response: PageOf(SubscriptionResponse),
    example: {
      data: TWO_OF_THREE.map((place) => ({
        inboxId: '019c8f00-0000-7000-8000-000000000101',
        ...place,
        maxLoad: null,
        createdAt: '2026-03-02T09:30:00.000Z',
      })),
      nextCursor: null,
      hasMore: false,
    },
    problems: ['NOT_FOUND', 'INBOX_INACTIVE', 'QUOTA_EXCEEDED'],
  })
  replace(
    @Caller() manager: OperatorPrincipal,
    @Param('id', idParam) id: string,
    @Body(listOf(SubscriptionRequest, MAX_REPLACED))
    requests: SubscriptionRequest[],
  ): Promise<Page<SubscriptionResponse>> {
    return this.subscriptions.replace(manager, id, requests);
  }

  @Delete(':operatorId')
  @Describe({
    id: 'deleteSubscription',
    summary: 'Unsubscribe an operator from an inbox',
    status: 204,
    problems: ['NOT_FOUND'],
  })
  unsubscribe(
    @Caller() manager: OperatorPrincipal,
    @Param('id', idParam) id: string,
    @Param('operatorId', idParam) operatorId: string,
  ): Promise<void> {
    return this.subscriptions.unsubscribe(manager, id, operatorId);
  }
}
