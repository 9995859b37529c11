import { Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf } from '../http/page-query.js';
import { idParam } from '../http/validation.pipe.js';
import { LabelResponse } from '../labels/label.js';
import { ConversationLabelsService } from './conversation-labels.service.js';

@ApiTags('Labels')
@Controller('conversations/:id/labels')
export class ConversationLabelsController {
  constructor(private readonly labels: ConversationLabelsService) {}

  @Get()
  @Describe({
    id: 'listConversationLabels',
    summary: 'List the labels of a conversation',
    detail: 'All of them on one page, by name.',
    response: PageOf(LabelResponse),
    problems: ['NOT_FOUND'],
  })
  list(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<Page<LabelResponse>> {
    return this.labels.list(caller, id);
  }

  @Put(':labelId')
  @Describe({
    id: 'attachLabel',
    summary: 'Attach a label to a conversation',
    detail: 'The label must belong to the inbox of the conversation. Attaching it again changes nothing.',
    status: 204,
    problems: ['NOT_FOUND', 'LABEL_OF_OTHER_INBOX'],
  })
  attach(
    @Caller() caller: TenantPrincipal,
    @Param('id', idParam) id: string,
    @Param('labelId', idParam) labelId: string,
  ): Promise<void> {
    return this.labels.attach(caller, id, labelId);
  }

  @Delete(':labelId')
  @Describe({
    id: 'detachLabel',
    summary: 'Detach a label from a conversation',
    detail: 'Detaching a label that is not attached changes nothing.',
    status: 204,
    problems: ['NOT_FOUND', 'LABEL_OF_OTHER_INBOX'],
  })
  detach(
    @Caller() caller: TenantPrincipal,
    @Param('id', idParam) id: string,
    @Param('labelId', idParam) labelId: string,
  ): Promise<void> {
    return this.labels.detach(caller, id, labelId);
  }
}
