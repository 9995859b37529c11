import { Injectable } from '@nestjs/common';
import { rightOf, type OperatorPrincipal, type TenantPrincipal } from '../access/principal.js';
import { ConversationReader } from '../conversations/conversation-reader.js';
import { QueueReader } from '../conversations/queue-reader.js';
import { conversationResponse, type ConversationResponse } from '../conversations/conversation.js';
import { InboxReader } from '../inboxes/inbox-reader.js';
import { transitionRefusal } from '../conversations/transition.js';
import { Database } from '../database/database.js';
import type { Statement } from '../database/statement.js';
import type { PageQuery } from '../http/page-query.js';
import { Problem } from '../http/problem.js';
import { withTotal } from '../http/total.js';
import type { Mover } from '../ledger/state-machine.js';
import { OperatorReader } from '../operators/operator-reader.js';
import { AllocationBatches } from './allocation-batches.js';
import { measuredAllocation } from './allocation-metrics.js';
import type { OwnQueue } from './allocation-requests.js';
import { CLAIM, claimValues, type ClaimRow } from './claim.js';
import { Distributor } from '../distribution/distributor.js';
import { isOfOperator, operatorRefusal } from './refusals.js';
import { RESOLVE, resolveValues, type Ending, type ResolveRow } from './resolve.js';

@Injectable()
export class AllocationService {
  constructor(
    private readonly database: Database,
    private readonly batches: AllocationBatches,
    private readonly distributor: Distributor,
    private readonly operators: OperatorReader,
    private readonly inboxes: InboxReader,
    private readonly queues: QueueReader,
    private readonly conversations: ConversationReader,
  ) {}

  /** Allocates the best waiting conversation of the operator's inboxes; null when none waits. */
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
    ending: Ending = {},
  ): Promise<ConversationResponse> {
    const row = await this.only<ResolveRow>(
      caller.tenantId,
      RESOLVE,
      resolveValues(caller, id, expectedVersion, ending),
    );
    if (row.refusal === 'OTHER_HOLDER') {
      throw new Problem(
        'FORBIDDEN',
        `Another operator holds conversation ${id}. You can resolve only your own conversations.`,
        {},
        'another holder',
      );
    }
    if (row.refusal !== null) throw transitionRefusal('resolve', rightOf(caller) as Mover, id, row);
    if (row.frees_push === true)
      await this.distributor.afterFreeing(caller.tenantId, { operatorId: row.met_operator_id });
    return conversationResponse(row);
  }

  /** The conversations that the operator would be allocated next, in that order. Works while OFFLINE. */
  queue({ tenantId, operatorId }: OperatorPrincipal, query: PageQuery): Promise<OwnQueue> {
    return this.database.inTenant(tenantId, async () => {
      const { availability } = await this.operators.get(tenantId, operatorId);
      const inboxes = await this.inboxes.takeableIds(tenantId, operatorId);
      const scope = ['queue', tenantId, operatorId];
      const page = await this.queues.page(scope, { tenantId, inboxes, filters: {} }, query);
      const list = { tenantId, filters: { inboxId: inboxes }, visible: null, by: 'waiting' } as const;
      const queue = await withTotal(page, query, () => this.conversations.count(list));
      return { ...queue, operatorStatus: availability };
    });
  }

  private async take(
    operator: OperatorPrincipal,
    id: string,
    expectedVersion: number | null,
  ): Promise<ConversationResponse> {
    const row = await this.only<ClaimRow>(
      operator.tenantId,
      CLAIM,
      claimValues(operator, id, expectedVersion),
    );
    if (row.refusal === 'NOT_SUBSCRIBED') {
      throw new Problem('NOT_SUBSCRIBED', `You are not subscribed to the inbox of conversation ${id}.`);
    }
    if (row.refusal !== null) {
      throw isOfOperator(row.refusal)
        ? operatorRefusal(row.refusal)
        : transitionRefusal('claim', operator.role, id, row);
    }
    if (row.subscribed === true)
      await this.distributor.afterFreeing(operator.tenantId, { inboxIds: [row.inbox_id] });
    return conversationResponse(row);
  }

  /** Calls the function of a transition, which returns one row. */
  private async only<Row extends object>(
    tenantId: string,
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row> {
    const [row] = await this.database.call<Row>(tenantId, statement, values);
    if (row === undefined) throw new Error('the function of a transition returned no row');
    return row;
  }
}
