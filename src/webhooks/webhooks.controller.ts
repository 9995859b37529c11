import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal } from '../access/principal.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf, PageQuery } from '../http/page-query.js';
import { idParam } from '../http/validation.pipe.js';
import { CreateWebhook, UpdateWebhook } from './webhook-requests.js';
import { NewWebhook, WebhookResponse } from './webhook.js';
import { WebhooksService } from './webhooks.service.js';

@ApiTags('Webhooks')
@Controller('webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Post()
  @ApiBody({
    type: CreateWebhook,
    examples: {
      allEvents: { value: { url: 'https://desk.example.com/hooks/inbox' } },
      someEvents: {
        value: {
          url: 'https://desk.example.com/hooks/inbox',
          events: ['conversation.created', 'conversation.resolved'],
          inboxId: '019c8f00-0000-7000-8000-000000000101',
        },
      },
    },
  })
  @Describe({
    id: 'createWebhook',
    summary: 'Create a webhook',
    detail:
      'From now on each ledger entry is POSTed as `{type, timestamp, data}`, where `data` is the event as ' +
      'in `GET /events`, signed by the rules of [Standard Webhooks](https://www.standardwebhooks.com). Only ' +
      'this response shows the secret. A response of 200 to 299 within 15 seconds is a delivery; otherwise ' +
      'it is tried again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h. First tries are in ' +
      'the order of the feed; a delivery may arrive twice, with the same `webhook-id`.',
    status: 201,
    response: NewWebhook,
    problems: ['NOT_FOUND', 'QUOTA_EXCEEDED'],
  })
  create(@Caller() admin: OperatorPrincipal, @Body() request: CreateWebhook): Promise<NewWebhook> {
    return this.webhooks.create(admin, request);
  }

  @Get()
  @Describe({
    id: 'listWebhooks',
    summary: 'List webhooks',
    detail: 'Oldest first.',
    response: PageOf(WebhookResponse),
    problems: ['INVALID_CURSOR'],
  })
  list(@Caller() admin: OperatorPrincipal, @Query() query: PageQuery): Promise<Page<WebhookResponse>> {
    return this.webhooks.list(admin, query);
  }

  @Get(':id')
  @Describe({
    id: 'getWebhook',
    summary: 'Get a webhook',
    response: WebhookResponse,
    problems: ['NOT_FOUND'],
  })
  get(@Caller() admin: OperatorPrincipal, @Param('id', idParam) id: string): Promise<WebhookResponse> {
    return this.webhooks.get(admin, id);
  }

  @Patch(':id')
  @ApiBody({
    type: UpdateWebhook,
    examples: {
      changeUrl: { value: { url: 'https://desk.example.com/hooks/v2' } },
      pause: { value: { enabled: false } },
    },
  })
  @Describe({
    id: 'updateWebhook',
    summary: 'Update a webhook',
    detail:
      'Changes only the fields given. Pending deliveries go to the new `url`. While the webhook is not ' +
      '`enabled`, deliveries are held back, those of new events too, and sent when it is enabled again. New ' +
      '`events` apply to entries that have no delivery yet.',
    response: WebhookResponse,
    problems: ['NOT_FOUND'],
  })
  update(
    @Caller() admin: OperatorPrincipal,
    @Param('id', idParam) id: string,
    @Body() request: UpdateWebhook,
  ): Promise<WebhookResponse> {
    return this.webhooks.update(admin, id, request);
  }

  @Delete(':id')
  @Describe({
    id: 'deleteWebhook',
    summary: 'Delete a webhook',
    detail: 'Also deletes its deliveries, pending ones too.',
    status: 204,
    problems: ['NOT_FOUND'],
  })
  delete(@Caller() admin: OperatorPrincipal, @Param('id', idParam) id: string): Promise<void> {
    return this.webhooks.delete(admin, id);
  }

  @Post(':id/rotate-secret')
  @Describe({
    id: 'rotateWebhookSecret',
    summary: 'Rotate the secret of a webhook',
    detail:
      'For 24 hours deliveries are also signed with the previous secret: `webhook-signature` then holds two ' +
      'signatures. Another rotation within that time drops the oldest secret.',
    response: NewWebhook,
    problems: ['NOT_FOUND'],
  })
  rotateSecret(@Caller() admin: OperatorPrincipal, @Param('id', idParam) id: string): Promise<NewWebhook> {
    return this.webhooks.rotateSecret(admin, id);
  }
}
