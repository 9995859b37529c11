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
    id: 'listDeliveries',
    summary: 'List the deliveries of a webhook',
    detail: 'Newest first. Delivered ones are stored for 7 days, failed ones for 30.',
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
    id: 'redeliverEvent',
    summary: 'Redeliver an event',
    detail:
      'Sends the same delivery with the same `webhook-id`, whatever its status; now, or once the webhook is ' +
      'enabled. A failed one is tried once.',
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
