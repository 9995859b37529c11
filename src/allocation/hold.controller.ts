import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal } from '../access/principal.js';
import { PARKED, TAKEN } from '../conversations/conversation-examples.js';
import { ConversationResult } from '../conversations/conversation.js';
import { ExpectedVersion, IF_MATCH } from '../http/if-match.js';
import { Describe } from '../openapi/describe.js';
import { ConversationRequest } from './allocation-requests.js';
import { ParkRequest } from './hold-requests.js';
import { HoldService } from './hold.service.js';

@ApiTags('Allocation')
@Controller('allocation')
export class HoldController {
  constructor(private readonly hold: HoldService) {}

  @Post('accept')
  @ApiHeader(IF_MATCH)
  @Describe({
    id: 'acceptConversation',
    summary: 'Accept a conversation',
    detail:
      'Its holder accepts what was distributed to them, in an inbox with `acceptWithinSeconds`. A reply, a label, ' +
      'parking and a resolve by the holder accept it too. Elsewhere this changes nothing.',
    response: ConversationResult,
    example: { conversation: TAKEN },
    etag: true,
    problems: ['NOT_FOUND', 'CONVERSATION_NOT_ALLOCATED', 'VERSION_MISMATCH'],
  })
  async accept(
    @Caller() holder: OperatorPrincipal,
    @Body() { conversationId }: ConversationRequest,
    @ExpectedVersion() version: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConversationResult> {
    const conversation = await this.hold.accept(holder, conversationId, version);
    void reply.header('ETag', `"${conversation.version}"`);
    return { conversation };
  }

  @Post('park')
  @ApiHeader(IF_MATCH)
  @Describe({
    id: 'parkConversation',
    summary: 'Park a conversation',
    detail:
      'It stays with its holder, but is no load: until the customer writes, until `until`, or until the holder unparks ' +
      'it. Parking it again changes the time.',
    response: ConversationResult,
    example: { conversation: PARKED },
    etag: true,
    problems: ['NOT_FOUND', 'CONVERSATION_NOT_ALLOCATED', 'OPERATOR_AT_PARK_LIMIT', 'VERSION_MISMATCH'],
  })
  async park(
    @Caller() holder: OperatorPrincipal,
    @Body() { conversationId, until = null }: ParkRequest,
    @ExpectedVersion() version: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConversationResult> {
    const conversation = await this.hold.park(holder, conversationId, until, version);
    void reply.header('ETag', `"${conversation.version}"`);
    return { conversation };
  }

  @Post('unpark')
  @ApiHeader(IF_MATCH)
  @Describe({
    id: 'unparkConversation',
    summary: 'Unpark a conversation',
    detail: 'It counts towards the load of its holder again, even where that exceeds their `maxLoad`.',
    response: ConversationResult,
    example: { conversation: TAKEN },
    etag: true,
    problems: ['NOT_FOUND', 'CONVERSATION_NOT_ALLOCATED', 'VERSION_MISMATCH'],
  })
  async unpark(
    @Caller() holder: OperatorPrincipal,
    @Body() { conversationId }: ConversationRequest,
    @ExpectedVersion() version: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConversationResult> {
    const conversation = await this.hold.unpark(holder, conversationId, version);
    void reply.header('ETag', `"${conversation.version}"`);
    return { conversation };
  }
}
