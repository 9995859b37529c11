import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiProperty, ApiSchema, ApiTags } from '@nestjs/swagger';
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
import { ListConversations, SearchConversations, SearchConversationsBody } from './list-query.js';

@ApiSchema({ name: 'ConversationHistory' })
class HistoryResponse {
  @ApiProperty({ type: [EventResponse] })
  data: EventResponse[];
}

const FOUND =
  'Either by a whole phone number or by a part of what a customer is known by, in all states, most recent activity ' +
  'first. A page can have fewer items than `limit` although `hasMore` is true.';

@ApiTags('Conversations')
@Controller('conversations')
export class ConversationsController {
  constructor(private readonly conversations: ConversationsService) {}

  @Get()
  @Describe({
    id: 'listConversations',
    summary: 'List conversations',
    detail:
      'Returns the conversations that match all filters. A page has fewer items than `limit` although `hasMore` is ' +
      'true where the filters leave few of very many conversations: after 5,000 were looked at it ends.',
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
    summary: 'Search conversations',
    detail: FOUND,
    response: PageOf(ConversationResponse),
    problems: ['INVALID_CURSOR'],
  })
  search(
    @Caller() caller: TenantPrincipal,
    @Query() query: SearchConversations,
  ): Promise<Page<ConversationResponse>> {
    return this.conversations.search(caller, query);
  }

  @Post('search')
  @ApiBody({
    type: SearchConversationsBody,
    examples: {
      byPart: { value: { q: 'carla' } },
      byLastDigits: { value: { q: '345601', limit: 5 } },
      byNumber: { value: { phoneNumber: '+49 151 12345601' } },
    },
  })
  @Describe({
    id: 'searchConversationsByBody',
    summary: 'Search conversations, with the values in the body',
    detail: `${FOUND} The body keeps numbers and names out of the addresses that gateways write to their logs.`,
    response: PageOf(ConversationResponse),
    problems: ['INVALID_CURSOR'],
    onlyReads: true,
  })
  find(
    @Caller() caller: TenantPrincipal,
    @Body() body: SearchConversationsBody,
  ): Promise<Page<ConversationResponse>> {
    return this.conversations.search(caller, body);
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
