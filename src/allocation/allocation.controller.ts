import { Body, Controller, Get, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { RESOLVED, TAKEN } from '../conversations/conversation-examples.js';
import { ConversationResult } from '../conversations/conversation.js';
import { Describe } from '../openapi/describe.js';
import { ExpectedVersion, IF_MATCH } from '../http/if-match.js';
import { PageQuery } from '../http/page-query.js';
import {
  AllocateRequest,
  AllocateResult,
  noFields,
  ConversationRequest,
  OwnQueue,
  ResolveRequest,
} from './allocation-requests.js';
import { AllocationService } from './allocation.service.js';

@ApiTags('Allocation')
@Controller('allocation')
export class AllocationController {
  constructor(private readonly allocation: AllocationService) {}

  @Post('allocate')
  @ApiBody({ type: AllocateRequest, required: false })
  @Describe({
    id: 'allocateConversation',
    summary: 'Allocate the next conversation',
    detail:
      'Gives the caller the conversation with the highest priority score among their subscribed inboxes; ' +
      '`null` when none waits.',
    response: AllocateResult,
    example: { conversation: TAKEN },
    etag: true,
    problems: ['OPERATOR_OFFLINE', 'OPERATOR_PAUSED', 'OPERATOR_AT_CAPACITY'],
  })
  async allocate(
    @Caller() operator: OperatorPrincipal,
    @Body(noFields) _request: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AllocateResult> {
    const conversation = await this.allocation.allocate(operator);
    if (conversation !== null) void reply.header('ETag', `"${conversation.version}"`);
    return { conversation };
  }

  @Post('claim')
  @ApiHeader(IF_MATCH)
  @Describe({
    id: 'claimConversation',
    summary: 'Claim a conversation',
    detail:
      'The conversation must wait in an inbox that the caller is subscribed to. If another operator has it, the ' +
      'response is 409 with that operator in `assignedOperatorId`.',
    response: ConversationResult,
    example: { conversation: TAKEN },
    etag: true,
    problems: [
      'NOT_SUBSCRIBED',
      'NOT_FOUND',
      'CONVERSATION_NOT_QUEUED',
      'OPERATOR_OFFLINE',
      'OPERATOR_PAUSED',
      'OPERATOR_AT_CAPACITY',
      'VERSION_MISMATCH',
    ],
  })
  async claim(
    @Caller() operator: OperatorPrincipal,
    @Body() { conversationId }: ConversationRequest,
    @ExpectedVersion() version: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConversationResult> {
    const conversation = await this.allocation.claim(operator, conversationId, version);
    void reply.header('ETag', `"${conversation.version}"`);
    return { conversation };
  }

  @Post('resolve')
  @ApiHeader(IF_MATCH)
  @Describe({
    id: 'resolveConversation',
    summary: 'Resolve a conversation',
    detail:
      'OPERATORs resolve conversations they hold. MANAGER, ADMIN and services resolve any, waiting ones ' +
      'included. A message that reopens it takes the outcome away; a move does not.',
    response: ConversationResult,
    example: { conversation: RESOLVED },
    etag: true,
    problems: [
      'NOT_FOUND',
      'CONVERSATION_NOT_ALLOCATED',
      'CONVERSATION_ALREADY_RESOLVED',
      'VERSION_MISMATCH',
    ],
  })
  async resolve(
    @Caller() caller: TenantPrincipal,
    @Body() { conversationId, ...ending }: ResolveRequest,
    @ExpectedVersion() version: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConversationResult> {
    const conversation = await this.allocation.resolve(caller, conversationId, version, ending);
    void reply.header('ETag', `"${conversation.version}"`);
    return { conversation };
  }

  @Get('queue')
  @Describe({
    id: 'listOwnQueue',
    summary: "List the caller's queue",
    detail:
      'The conversations that wait in the inboxes of the caller, in the order in which allocate picks them. ' +
      'Works while OFFLINE.',
    response: OwnQueue,
    problems: ['INVALID_CURSOR'],
  })
  queue(@Caller() operator: OperatorPrincipal, @Query() query: PageQuery): Promise<OwnQueue> {
    return this.allocation.queue(operator, query);
  }
}
