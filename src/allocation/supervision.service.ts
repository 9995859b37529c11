import { Injectable } from '@nestjs/common';
import type { OperatorPrincipal } from '../access/principal.js';
import { conversationResponse, type ConversationResponse } from '../conversations/conversation.js';
import { readConversation } from '../conversations/read-conversation.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import type { TransitionName } from '../ledger/state-machine.js';
import { transition, type Transitioned } from '../conversations/transition.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf, type Statement } from '../database/statement.js';
import { NotFound } from '../http/problem.js';
import type { LabelExchange, MoveResult } from './supervision-requests.js';
import { DEALLOCATE } from './deallocate.js';
import { Distributor } from '../distribution/distributor.js';
import { EXCHANGE_LABELS, INBOX_EXISTS, LOCK_SUCCESSORS, MOVE_INBOX } from './move-inbox.js';
import { LOCK_OPERATOR_REASONS, REASSIGN } from './reassign.js';
import { operatorRefusal } from './refusals.js';
import { START_GRACE_PERIODS } from '../grace/start-grace-periods.js';

interface ExchangedRow {
  id: string;
  name: string;
  color: string | null;
  new_id: string | null;
  new_color: string | null;
}

/** What supervisors do with the conversations of others. */
@Injectable()
export class SupervisionService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
  ) {}

  /** Answers it as it waits, also where it is handed to somebody else at once. */
  async deallocate(
    manager: OperatorPrincipal,
    conversationId: string,
    expectedVersion: number | null,
  ): Promise<ConversationResponse> {
    const { tenantId } = manager;
    const { conversation, previousOperatorId } = await this.database.inTenant(tenantId, async (tx) => {
      await rowsOf(tx, SHARE_RANKING, [tenantId]);
      const request = { conversationId, expectedVersion, reason: 'Taken from the operator by a supervisor' };
      return carryOut(tx, manager, 'deallocate', DEALLOCATE, request);
    });
    await this.distributor.afterFreeing(tenantId, {
      operatorId: previousOperatorId,
      inboxIds: [conversation.inbox_id],
    });
    return conversationResponse(conversation);
  }

  /** Gives a conversation of any state to an active operator, who may be OFFLINE; then their grace period starts. */
  async reassign(
    manager: OperatorPrincipal,
    conversationId: string,
    operatorId: string,
    overrideCapacity: boolean,
    expectedVersion: number | null,
  ): Promise<ConversationResponse> {
    const { tenantId } = manager;
    const { conversation, previousOperatorId } = await this.database.inTenant(tenantId, async (tx) => {
      const reasons = await lockOperatorReasons(tx, tenantId, operatorId);
      const before = await readConversation(tx, manager, conversationId);
      const ignored = ['OPERATOR_OFFLINE', ...(overrideCapacity ? ['OPERATOR_AT_CAPACITY'] : [])];
      const reason = reasons.find((reason) => !ignored.includes(reason));
      // Who holds it already is not given one more.
      const keeps = before.assigned_operator_id === operatorId && reason === 'OPERATOR_AT_CAPACITY';
      if (reason === 'NOT_FOUND') throw new NotFound('operator', operatorId);
      if (reason !== undefined && !keeps) throw operatorRefusal(reason);
      const after = await carryOut(tx, manager, 'reassign', REASSIGN, {
        conversationId,
        expectedVersion,
        reason: `Given to the operator by a supervisor${overrideCapacity ? ', whatever they carry' : ''}`,
        values: [operatorId],
      });
      if (reasons.includes('OPERATOR_OFFLINE')) {
        await rowsOf(tx, START_GRACE_PERIODS, [tenantId, operatorId, conversationId]);
      }
      return after;
    });
    if (previousOperatorId !== operatorId) {
      await this.distributor.afterFreeing(tenantId, { operatorId: previousOperatorId });
    }
    return conversationResponse(conversation);
  }

  async move(
    manager: OperatorPrincipal,
    conversationId: string,
    inboxId: string,
    expectedVersion: number | null,
  ): Promise<MoveResult> {
    const { tenantId } = manager;
    const { conversation, previousOperatorId, labels } = await this.database.inTenant(
      tenantId,
      async (tx) => {
        await rowsOf(tx, SHARE_RANKING, [tenantId]);
        await readConversation(tx, manager, conversationId);
        if ((await rowsOf(tx, INBOX_EXISTS, [tenantId, inboxId])).length === 0)
          throw new NotFound('inbox', inboxId);
        const request = {
          conversationId,
          expectedVersion,
          reason: 'Moved by a supervisor',
          values: [inboxId],
        };
        const { previousOperatorId } = await carryOut(tx, manager, 'move', MOVE_INBOX, request);
        await rowsOf(tx, LOCK_SUCCESSORS, [tenantId, conversationId, inboxId]);
        const labels = await rowsOf<ExchangedRow>(tx, EXCHANGE_LABELS, [tenantId, conversationId, inboxId]);
        // Read again: with its new labels.
        return {
          conversation: await readConversation(tx, manager, conversationId),
          previousOperatorId,
          labels,
        };
      },
    );
    if (conversation.state === 'QUEUED') {
      await this.distributor.afterFreeing(tenantId, { operatorId: previousOperatorId, inboxIds: [inboxId] });
    }
    return {
      conversation: conversationResponse(conversation),
      labelsExchanged: labels.flatMap(exchange),
      labelsDetached: labels
        .filter(({ new_id }) => new_id === null)
        .map(({ id, name, color }) => ({ id, name, color })),
    };
  }
}

/** A transition whose own guard refuses only what changes nothing; then the conversation is answered as it is. */
async function carryOut(
  tx: Transaction,
  manager: OperatorPrincipal,
  name: TransitionName,
  statement: Statement,
  request: {
    conversationId: string;
    expectedVersion: number | null;
    reason: string;
    values?: readonly unknown[];
  },
): Promise<Transitioned> {
  const after = await transition(tx, manager, { name, statement, ...request });
  if (after !== undefined) return after;
  return {
    conversation: await readConversation(tx, manager, request.conversationId),
    previousOperatorId: null,
  };
}

async function lockOperatorReasons(tx: Transaction, tenantId: string, operatorId: string): Promise<string[]> {
  const [row] = await rowsOf<{ reasons: string[] }>(tx, LOCK_OPERATOR_REASONS, [tenantId, operatorId]);
  return row?.reasons ?? [];
}

function exchange({ id, name, color, new_id, new_color }: ExchangedRow): LabelExchange[] {
  return new_id === null ? [] : [{ from: { id, name, color }, to: { id: new_id, name, color: new_color } }];
}
