import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiProperty, ApiSchema, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import type { Page } from '../http/cursor.js';
import { Describe } from '../openapi/describe.js';
import { PageOf } from '../http/page-query.js';
import { idParam } from '../http/validation.pipe.js';
import { EventResponse } from '../ledger/event.js';
import { ConversationResponse } from './conversation.js';
import { ConversationsService } from './conversations.service.js';
import { ListConversations, SearchConversations } from './list-query.js';

@ApiSchema({ name: 'ConversationHistory' })
class HistoryResponse {
  @ApiProperty({ type: [EventResponse] })
  data: EventResponse[];
}

@ApiTags('Conversations')
@Controller('conversations')
export class ConversationsController {
  constructor(private readonly conversations: ConversationsService) {}

  @Get()
  @Describe({
    id: 'listConversations',
    summary: 'List conversations',
    detail: 'Returns the conversations that match all filters.',
    response: PageOf(ConversationResponse),
    problems: ['INVALID_CURSOR'],
  })
  list(
    @Caller() caller: TenantPrincipal,
    @Query() query: ListConversations,
  ): Promise<Page<ConversationResponse>> {
    return this.conversations.list(caller, query);
  }

  @Get('search')
  @Describe({
    id: 'searchConversations',
    summary: 'Search conversations by phone number',
    detail:
      'Matches every form of the number, also one that the customer had before, in all states, most recent ' +
      'activity first.',
    response: PageOf(ConversationResponse),
    problems: ['INVALID_CURSOR'],
  })
  search(
    @Caller() caller: TenantPrincipal,
    @Query() { phoneNumber, ...page }: SearchConversations,
  ): Promise<Page<ConversationResponse>> {
    return this.conversations.list(caller, { ...page, customerPhoneNumber: phoneNumber });
  }

  @Get(':id')
  @Describe({
    id: 'getConversation',
    summary: 'Get a conversation',
    response: ConversationResponse,
    problems: ['NOT_FOUND'],
    etag: true,
  })
  async get(
    @Caller() caller: TenantPrincipal,
    @Param('id', idParam) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConversationResponse> {
    const conversation = await this.conversations.get(caller, id);
    void reply.header('ETag', `"${conversation.version}"`);
    return conversation;
  }

  @Get(':id/history')
  @Describe({
    id: 'getConversationHistory',
    summary: 'Get the history of a conversation',
    detail: 'Its ledger entries, oldest first: who did what, when and why.',
    response: HistoryResponse,
    problems: ['NOT_FOUND'],
  })
  async history(
    @Caller() caller: TenantPrincipal,
    @Param('id', idParam) id: string,
  ): Promise<HistoryResponse> {
    return { data: await this.conversations.history(caller, id) };
  }
}
