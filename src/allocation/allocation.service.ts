import { Injectable } from '@nestjs/common';
import { seesWholeTenant, type OperatorPrincipal, type TenantPrincipal } from '../access/principal.js';
import { queuePage, type PageRequest } from '../conversations/conversations.service.js';
import { conversationResponse, type ConversationResponse } from '../conversations/conversation.js';
import { readConversation } from '../conversations/read-conversation.js';
import { takeableInboxes } from '../inboxes/takeable-inboxes.js';
import { transition, wrongState } from '../conversations/transition.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { Problem } from '../http/problem.js';
import { findOperator } from '../operators/operators.service.js';
import { AllocationBatches } from './allocation-batches.js';
import { measuredAllocation } from './allocation-metrics.js';
import type { OwnQueue } from './allocation-requests.js';
import { CLAIM, LOCK_OPERATOR_TO_TAKE, SUBSCRIBE_BY_TAKING } from './claim.js';
import { Distributor } from '../distribution/distributor.js';
import { operatorRefusal } from './refusals.js';
import { RESOLVE } from './resolve.js';

@Injectable()
export class AllocationService {
  constructor(
    private readonly database: Database,
    private readonly batches: AllocationBatches,
    private readonly distributor: Distributor,
  ) {}

  /** The best waiting conversation of the operator's inboxes, now theirs; null when nothing waits. */
  allocate(operator: OperatorPrincipal): Promise<ConversationResponse | null> {
    return measuredAllocation('allocate', async () => {
      const row = await this.batches.allocate(operator);
      if (row.refusal !== null) throw operatorRefusal(row.refusal);
      return row.id === null ? null : conversationResponse(row);
    });
  }

  claim(
    operator: OperatorPrincipal,
    id: string,
    expectedVersion: number | null,
  ): Promise<ConversationResponse> {
    return measuredAllocation('claim', () => this.take(operator, id, expectedVersion));
  }

  async resolve(
    caller: TenantPrincipal,
    id: string,
    expectedVersion: number | null,
  ): Promise<ConversationResponse> {
    const { tenantId } = caller;
    const onlyHolder = caller.kind === 'operator' && !seesWholeTenant(caller) ? caller.operatorId : null;
    const { conversation, previousOperatorId } = await this.database.inTenant(tenantId, async (tx) => {
      await readConversation(tx, caller, id);
      const resolved = await transition(tx, caller, {
        name: 'resolve',
        statement: RESOLVE,
        conversationId: id,
        expectedVersion,
        reason: caller.kind === 'service' ? 'Closed by the orchestrator' : 'Closed by the operator',
        values: [onlyHolder],
      });
      if (resolved === undefined) {
        throw new Problem(
          'FORBIDDEN',
          `Conversation ${id} is with another operator; you may resolve your own.`,
        );
      }
      return resolved;
    });
    await this.distributor.afterFreeing(tenantId, { operatorId: previousOperatorId });
    return conversationResponse(conversation);
  }

  /** What the operator would be given next, in that order. Works OFFLINE. */
  queue({ tenantId, operatorId }: OperatorPrincipal, page: PageRequest): Promise<OwnQueue> {
    return this.database.inTenant(tenantId, async (tx) => {
      const { availability } = await findOperator(tx, tenantId, operatorId);
      const inboxes = await takeableInboxes(tx, tenantId, operatorId);
      const queue = await queuePage(tx, ['queue', tenantId, operatorId], tenantId, inboxes, {}, page);
      return { ...queue, operatorStatus: availability };
    });
  }

  private async take(
    operator: OperatorPrincipal,
    id: string,
    expectedVersion: number | null,
  ): Promise<ConversationResponse> {
    const { tenantId, operatorId } = operator;
    const { claimed, subscribed } = await this.database.inTenant(tenantId, async (tx) => {
      const refusal = await lockOperatorToTake(tx, operator);
      const seen = await readConversation(tx, operator, id);
      if (!(await takeableInboxes(tx, tenantId, operatorId)).includes(seen.inbox_id)) {
        throw new Problem('NOT_SUBSCRIBED', `You are not subscribed to the inbox of conversation ${id}.`);
      }
      if (refusal !== null) {
        // Whoever lost the race is told so, whatever else stands in the way.
        if (seen.state !== 'QUEUED')
          throw wrongState('claim', operator.role, id, seen.state, seen.assigned_operator_id);
        throw operatorRefusal(refusal);
      }
      const claimed = await transition(tx, operator, {
        name: 'claim',
        statement: CLAIM,
        conversationId: id,
        expectedVersion,
        reason: 'Picked by the operator',
        values: [operatorId],
      });
      if (claimed === undefined) throw new Error('a claim has no guard that could refuse it');
      const { conversation } = claimed;
      const subscribed = await rowsOf(tx, SUBSCRIBE_BY_TAKING, [tenantId, conversation.inbox_id, operatorId]);
      return { claimed: conversation, subscribed: subscribed.length > 0 };
    });
    if (subscribed) await this.distributor.afterFreeing(tenantId, { inboxIds: [claimed.inbox_id] });
    return conversationResponse(claimed);
  }
}

async function lockOperatorToTake(tx: Transaction, { tenantId, operatorId }: OperatorPrincipal) {
  const [row] = await rowsOf<{ refusal: string | null }>(tx, LOCK_OPERATOR_TO_TAKE, [tenantId, operatorId]);
  return row?.refusal ?? null;
}
