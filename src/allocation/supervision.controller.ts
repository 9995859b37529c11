import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import { DEALLOCATED, MOVED, REASSIGNED } from '../conversations/conversation-examples.js';
import { ConversationResult } from '../conversations/conversation.js';
import { Describe } from '../openapi/describe.js';
import { ExpectedVersion, IF_MATCH } from '../http/if-match.js';
import { ConversationRequest } from './allocation-requests.js';
import { MoveRequest, MoveResult, ReassignRequest } from './supervision-requests.js';
import { SupervisionService } from './supervision.service.js';

const GIVE = { conversationId: REASSIGNED.id, operatorId: REASSIGNED.assignedOperatorId };
const VIP = { name: 'VIP', color: '#9333ea' };

@ApiTags('Allocation')
@Controller('allocation')
export class SupervisionController {
  constructor(private readonly supervision: SupervisionService) {}

  @Post('deallocate')
  @ApiHeader(IF_MATCH)
  @ApiBody({
    type: ConversationRequest,
    examples: { deallocate: { value: { conversationId: DEALLOCATED.id } } },
  })
  @Describe({
    id: 'deallocateConversation',
    summary: 'Deallocate a conversation',
    detail:
      'Puts it back into the queue. It keeps its age, and so its priority. An inbox with a push strategy distributes it ' +
      'at once if another operator is eligible, and the response shows that; it does not return to the one it was ' +
      'taken from for `declineSeconds` of the tenant.',
    response: ConversationResult,
    example: { conversation: DEALLOCATED },
    etag: true,
    problems: ['NOT_FOUND', 'CONVERSATION_NOT_ALLOCATED', 'VERSION_MISMATCH'],
  })
  async deallocate(
    @Caller() caller: TenantPrincipal,
    @Body() { conversationId }: ConversationRequest,
    @ExpectedVersion() version: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConversationResult> {
    const conversation = await this.supervision.deallocate(caller, conversationId, version);
    void reply.header('ETag', `"${conversation.version}"`);
    return { conversation };
  }

  @Post('reassign')
  @ApiHeader(IF_MATCH)
  @ApiBody({
    type: ReassignRequest,
    examples: { reassign: { value: GIVE }, overCapacity: { value: { ...GIVE, overrideCapacity: true } } },
  })
  @Describe({
    id: 'reassignConversation',
    summary: 'Reassign a conversation',
    detail:
      'Gives a conversation in any state to an operator. An OFFLINE operator receives it too, and its grace ' +
      'period starts. An operator at capacity receives it only with `overrideCapacity`. A resolved one does not reopen ' +
      'in an archived inbox.',
    response: ConversationResult,
    example: { conversation: REASSIGNED },
    etag: true,
    problems: ['NOT_FOUND', 'INBOX_INACTIVE', 'OPERATOR_AT_CAPACITY', 'VERSION_MISMATCH'],
  })
  async reassign(
    @Caller() caller: TenantPrincipal,
    @Body() { conversationId, operatorId, overrideCapacity = false }: ReassignRequest,
    @ExpectedVersion() version: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConversationResult> {
    const conversation = await this.supervision.reassign(
      caller,
      conversationId,
      operatorId,
      overrideCapacity,
      version,
    );
    void reply.header('ETag', `"${conversation.version}"`);
    return { conversation };
  }

  @Post('move-inbox')
  @ApiHeader(IF_MATCH)
  @Describe({
    id: 'moveConversation',
    summary: 'Move a conversation to another inbox',
    detail:
      'Its holder keeps it if they are subscribed to the new inbox; otherwise it is queued there. Labels ' +
      'are exchanged for labels of the same name; the others are detached.',
    response: MoveResult,
    example: {
      conversation: MOVED,
      labelsExchanged: [
        {
          from: { id: '019c8f00-0000-7000-8000-000000000203', ...VIP },
          to: { id: '019c8f00-0000-7000-8000-000000000204', ...VIP },
        },
      ],
      labelsDetached: [{ id: '019c8f00-0000-7000-8000-000000000202', name: 'Delivery', color: '#2563eb' }],
    },
    etag: true,
    problems: ['NOT_FOUND', 'INBOX_INACTIVE', 'VERSION_MISMATCH'],
  })
  async move(
    @Caller() caller: TenantPrincipal,
    @Body() { conversationId, inboxId }: MoveRequest,
    @ExpectedVersion() version: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MoveResult> {
    const result = await this.supervision.move(caller, conversationId, inboxId, version);
    void reply.header('ETag', `"${result.conversation.version}"`);
    return result;
  }
}
