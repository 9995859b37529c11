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
    summary: 'The labels of a conversation, by name',
    detail: 'All of them at once.',
    response: PageOf(LabelResponse),
    problems: ['NOT_FOUND'],
  })
  list(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<Page<LabelResponse>> {
    return this.labels.list(caller, id);
  }

  @Put(':labelId')
  @Describe({
    summary: 'Attach a label',
    detail: 'A label of its inbox. Attached already: done as well.',
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
    summary: 'Detach a label',
    detail: 'Not attached: done as well.',
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
