import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal } from '../access/principal.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf } from '../http/page-query.js';
import { idParam } from '../http/validation.pipe.js';
import { DeliveriesService } from './deliveries.service.js';
import { DeliveryResponse } from './webhook-delivery.js';
import { DeliveriesQuery } from './webhook-requests.js';

@ApiTags('Webhooks')
@Controller('webhooks/:id/deliveries')
export class DeliveriesController {
  constructor(private readonly deliveries: DeliveriesService) {}

  @Get()
  @Describe({
    summary: 'What a webhook was told or will be, newest first',
    detail: 'Delivered ones are kept for 7 days, failed ones for 30.',
    response: PageOf(DeliveryResponse),
    problems: ['NOT_FOUND', 'INVALID_CURSOR'],
  })
  list(
    @Caller() admin: OperatorPrincipal,
    @Param('id', idParam) id: string,
    @Query() query: DeliveriesQuery,
  ): Promise<Page<DeliveryResponse>> {
    return this.deliveries.list(admin, id, query);
  }

  @Post(':deliveryId/redeliver')
  @Describe({
    summary: 'Deliver once more',
    detail:
      'The same delivery with the same `webhook-id`, whatever became of it; due now, or as soon as the webhook is ' +
      'enabled. One that had used up its tries is tried once.',
    status: 202,
    response: DeliveryResponse,
    problems: ['NOT_FOUND'],
  })
  redeliver(
    @Caller() admin: OperatorPrincipal,
    @Param('id', idParam) id: string,
    @Param('deliveryId', idParam) deliveryId: string,
  ): Promise<DeliveryResponse> {
    return this.deliveries.redeliver(admin, id, deliveryId);
  }
}
