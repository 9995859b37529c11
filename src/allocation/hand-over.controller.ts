import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Caller } from '../access/caller.js';
import type { OperatorPrincipal } from '../access/principal.js';
import { DEALLOCATED, MOVED, REASSIGNED } from '../conversations/conversation-examples.js';
import { ConversationResult } from '../conversations/conversation.js';
import { ExpectedVersion, IF_MATCH } from '../http/if-match.js';
import { Describe } from '../openapi/describe.js';
import { receiverOf, ReleaseRequest, TransferRequest } from './hand-over-requests.js';
import { HandOverService } from './hand-over.service.js';
import { MoveResult } from './supervision-requests.js';

const REASON = 'Asks for an invoice, which Billing writes';

@ApiTags('Allocation')
@Controller('allocation')
export class HandOverController {
  constructor(private readonly handOvers: HandOverService) {}

  @Post('release')
  @ApiHeader(IF_MATCH)
  @ApiBody({
    type: ReleaseRequest,
    examples: { release: { value: { conversationId: DEALLOCATED.id, reason: 'Claimed by mistake' } } },
  })
  @Describe({
    id: 'releaseConversation',
    summary: 'Release a conversation',
    detail:
      'Its holder gives it back to the queue. It keeps its age, and so its priority. For `declineSeconds` of the ' +
      'tenant they are not given it again while another operator could take it; claim still takes it. An inbox with ' +
      'a push strategy distributes it at once if somebody is eligible, and the response shows that.',
    response: ConversationResult,
    example: { conversation: DEALLOCATED },
    etag: true,
    problems: ['NOT_FOUND', 'CONVERSATION_NOT_ALLOCATED', 'VERSION_MISMATCH'],
  })
  async release(
    @Caller() holder: OperatorPrincipal,
    @Body() { conversationId, reason }: ReleaseRequest,
    @ExpectedVersion() expectedVersion: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConversationResult> {
    const handOver = { conversationId, reason, expectedVersion };
    const conversation = await this.handOvers.release(holder, handOver);
    void reply.header('ETag', `"${conversation.version}"`);
    return { conversation };
  }

  @Post('transfer')
  @ApiHeader(IF_MATCH)
  @ApiBody({
    type: TransferRequest,
    examples: {
      toInbox: { value: { conversationId: MOVED.id, inboxId: MOVED.inboxId, reason: REASON } },
      toOperator: {
        value: { conversationId: REASSIGNED.id, operatorId: REASSIGNED.assignedOperatorId, reason: REASON },
      },
    },
  })
  @Describe({
    id: 'transferConversation',
    summary: 'Transfer a conversation',
    detail:
      'Its holder hands it over, to another operator or to an inbox; the body names exactly one. The operator must be ' +
      'AVAILABLE, have capacity and be subscribed to the inbox. In the inbox it waits with its age, or is distributed; ' +
      'labels are exchanged as by a move, and the former holder is not given it again for `declineSeconds`.',
    response: MoveResult,
    example: { conversation: MOVED, labelsExchanged: [], labelsDetached: [] },
    etag: true,
    problems: [
      'NOT_SUBSCRIBED',
      'NOT_FOUND',
      'INBOX_INACTIVE',
      'CONVERSATION_NOT_ALLOCATED',
      'OPERATOR_OFFLINE',
      'OPERATOR_PAUSED',
      'OPERATOR_AT_CAPACITY',
      'VERSION_MISMATCH',
    ],
  })
  async transfer(
    @Caller() holder: OperatorPrincipal,
    @Body() request: TransferRequest,
    @ExpectedVersion() expectedVersion: number | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MoveResult> {
    const receiver = receiverOf(request, holder);
    const { conversationId, reason } = request;
    const handOver = { conversationId, reason, expectedVersion };
    const result = await ('operatorId' in receiver
      ? this.handOvers.transferToOperator(holder, receiver.operatorId, handOver)
      : this.handOvers.transferToInbox(holder, receiver.inboxId, handOver));
    void reply.header('ETag', `"${result.conversation.version}"`);
    return result;
  }
}
