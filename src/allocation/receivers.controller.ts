import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal } from '../access/principal.js';
import { idParam } from '../http/validation.pipe.js';
import { Describe } from '../openapi/describe.js';
import { Receivers } from './list-receivers.js';
import { ReceiversService } from './receivers.service.js';

@ApiTags('Conversations')
@Controller('conversations/:id/receivers')
export class ReceiversController {
  constructor(private readonly receivers: ReceiversService) {}

  @Get()
  @Describe({
    id: 'listReceivers',
    summary: 'List who could receive a conversation',
    detail:
      'For its holder, who wants to hand it over: the active operators who are subscribed to its inbox, and whether each ' +
      'can receive it now. With `autoSubscribe` these are all operators.',
    response: Receivers,
    problems: ['NOT_FOUND', 'CONVERSATION_NOT_ALLOCATED'],
  })
  list(@Caller() holder: OperatorPrincipal, @Param('id', idParam) id: string): Promise<Receivers> {
    return this.receivers.list(holder, id);
  }
}
