import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf } from '../http/page-query.js';
import { idParam } from '../http/validation.pipe.js';
import { EventAnswer } from '../ledger/event.js';
import { ConversationAnswer } from './conversation.js';
import { ConversationsService } from './conversations.service.js';
import { ListConversations, SearchConversations } from './list-query.js';

export class ConversationPage extends PageOf(ConversationAnswer) {}

class HistoryAnswer {
  @ApiProperty({ type: [EventAnswer] })
  data: EventAnswer[];
}

@ApiTags('Conversations')
@Controller('conversations')
export class ConversationsController {
  constructor(private readonly conversations: ConversationsService) {}

  @Get()
  @Describe({
    summary: 'List conversations',
    detail: 'All filters given must fit.',
    answer: ConversationPage,
    problems: ['INVALID_CURSOR'],
  })
  list(
    @Caller() caller: TenantPrincipal,
    @Query() query: ListConversations,
  ): Promise<Page<ConversationAnswer>> {
    return this.conversations.list(caller, query);
  }

  @Get('search')
  @Describe({
    summary: 'Find the conversations of a phone number',
    detail: 'The exact number, in all states, most recent activity first.',
    answer: ConversationPage,
    problems: ['INVALID_CURSOR'],
  })
  search(
    @Caller() caller: TenantPrincipal,
    @Query() { phoneNumber, ...page }: SearchConversations,
  ): Promise<Page<ConversationAnswer>> {
    return this.conversations.list(caller, { ...page, customerPhoneNumber: phoneNumber });
  }

  @Get(':id')
  @Describe({
    summary: 'Look at one conversation',
    answer: ConversationAnswer,
    problems: ['NOT_FOUND'],
    etag: true,
  })
  async get(
    @Caller() caller: TenantPrincipal,
    @Param('id', idParam) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConversationAnswer> {
    const conversation = await this.conversations.get(caller, id);
    void reply.header('ETag', `"${conversation.version}"`);
    return conversation;
  }

  @Get(':id/history')
  @Describe({
    summary: 'Everything that happened to a conversation',
    detail: 'Its ledger, oldest first: who did what, when and why.',
    answer: HistoryAnswer,
    problems: ['NOT_FOUND'],
  })
  async history(@Caller() caller: TenantPrincipal, @Param('id', idParam) id: string): Promise<HistoryAnswer> {
    return { data: await this.conversations.history(caller, id) };
  }
}
