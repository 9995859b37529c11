import { Injectable } from '@nestjs/common';
import type { OperatorPrincipal } from '../access/principal.js';
import { conversationResponse, type ConversationResponse } from '../conversations/conversation.js';
import type { TransitionRow } from '../conversations/transition.js';
import { Database } from '../database/database.js';
import { rowsOf, type Statement } from '../database/statement.js';
import { Distributor } from '../distribution/distributor.js';
import { InboxInactive, NotFound } from '../http/problem.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { conversationNow } from './conversation-now.js';
import { exchangeLabels } from './exchange-labels.js';
import { handOverRefusal } from './hand-over-refusal.js';
import {
  handOverValues,
  RELEASE,
  TRANSFER_TO_INBOX,
  TRANSFER_TO_OPERATOR,
  type HandOver,
  type TransferRow,
} from './hand-over.js';
import { isOfOperator, receiverRefusal } from './refusals.js';
import type { MoveResult } from './supervision-requests.js';

/** What holders do with conversations that they do not finish themselves. */
@Injectable()
export class HandOverService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
  ) {}

  async release(holder: OperatorPrincipal, handOver: HandOver): Promise<ConversationResponse> {
    const { tenantId, operatorId } = holder;
    const values = handOverValues('release', holder, handOver);
    const row = await this.only<TransitionRow>(tenantId, RELEASE, values);
    if (row.refusal !== null) throw handOverRefusal('release', holder, handOver.conversationId, row);
    await this.distributor.afterFreeing(tenantId, { operatorId, inboxIds: [row.inbox_id] });
    return conversationResponse(await conversationNow(this.database, tenantId, handOver.conversationId));
  }

  async transferToOperator(
    holder: OperatorPrincipal,
    receiverId: string,
    handOver: HandOver,
  ): Promise<MoveResult> {
    const { tenantId, operatorId } = holder;
    const values = [...handOverValues('transfer', holder, handOver), receiverId];
    const row = await this.only<TransferRow>(tenantId, TRANSFER_TO_OPERATOR, values);
    if (row.refusal !== null) {
      if (row.refusal === 'OPERATOR_NOT_FOUND') throw new NotFound('operator', receiverId);
      throw isOfOperator(row.refusal) || row.refusal === 'NOT_SUBSCRIBED'
        ? receiverRefusal(row.refusal, receiverId)
        : handOverRefusal('transfer', holder, handOver.conversationId, row);
    }
    const inboxIds = row.subscribed === true ? [row.inbox_id] : [];
    await this.distributor.afterFreeing(tenantId, { operatorId, inboxIds });
    return { conversation: conversationResponse(row), labelsExchanged: [], labelsDetached: [] };
  }

  async transferToInbox(holder: OperatorPrincipal, inboxId: string, handOver: HandOver): Promise<MoveResult> {
    const { tenantId, operatorId } = holder;
    const { conversationId } = handOver;
    const labels = await this.database.inTenant(tenantId, async (tx) => {
      await rowsOf(tx, SHARE_RANKING, [tenantId]);
      const values = [...handOverValues('transfer', holder, handOver), inboxId];
      const [row] = await rowsOf<TransitionRow>(tx, TRANSFER_TO_INBOX, values);
      if (row === undefined) throw new Error('transfer_to_inbox returned no row');
      if (row.refusal === 'INBOX_NOT_FOUND') throw new NotFound('inbox', inboxId);
      if (row.refusal === 'INBOX_INACTIVE') throw new InboxInactive(inboxId);
      if (row.refusal !== null) throw handOverRefusal('transfer', holder, conversationId, row);
      return exchangeLabels(tx, tenantId, conversationId, inboxId);
    });
    await this.distributor.afterFreeing(tenantId, { operatorId, inboxIds: [inboxId] });
    const conversation = await conversationNow(this.database, tenantId, conversationId);
    return { conversation: conversationResponse(conversation), ...labels };
  }

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
