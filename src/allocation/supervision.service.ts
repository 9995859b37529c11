import { Injectable } from '@nestjs/common';
import { rightOf, type TenantPrincipal } from '../access/principal.js';
import { conversationResponse, type ConversationResponse } from '../conversations/conversation.js';
import { ConversationReader } from '../conversations/conversation-reader.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { actorOf } from '../ledger/actor.js';
import { allowedFrom, type Mover, type TransitionName } from '../ledger/state-machine.js';
import { transitionRefusal, type TransitionRow } from '../conversations/transition.js';
import { Database, type Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, type Statement } from '../database/statement.js';
import { NotFound, Problem } from '../http/problem.js';
import type { MoveResult } from './supervision-requests.js';
import { conversationNow } from './conversation-now.js';
import { DEALLOCATE } from './deallocate.js';
import { InboxReader } from '../inboxes/inbox-reader.js';
import { Distributor } from '../distribution/distributor.js';
import { exchangeLabels } from './exchange-labels.js';
import { MOVE_INBOX } from './move-inbox.js';
import { IS_AT_INBOX_CAPACITY, LOCK_OPERATOR_REASONS, REASSIGN } from './reassign.js';
import { GracePeriods } from '../deadlines/grace-periods.js';

/** The actions of supervisors, and of services that route, on the conversations of others. */
@Injectable()
export class SupervisionService {
  constructor(
    private readonly database: Database,
    private readonly conversations: ConversationReader,
    private readonly distributor: Distributor,
    private readonly gracePeriods: GracePeriods,
    private readonly inboxes: InboxReader,
  ) {}

  /**
   * Returns the conversation as it is afterwards: perhaps distributed again at once.
   * @param note what the ledger says after the reason
   */
  async deallocate(
    caller: TenantPrincipal,
    conversationId: string,
    expectedVersion: number | null,
    note = '',
  ): Promise<ConversationResponse> {
    const { tenantId } = caller;
    const conversation = await this.database.inTenant(tenantId, async (tx) => {
      await rowsOf(tx, SHARE_RANKING, [tenantId]);
      return runTransition(tx, caller, 'deallocate', DEALLOCATE, conversationId, expectedVersion, [
        `Taken from the operator by ${inWords(caller)}${note}`,
      ]);
    });
    await this.distributor.afterFreeing(tenantId, {
      operatorId: conversation.met_operator_id,
      inboxIds: [conversation.inbox_id],
    });
    return conversationResponse(await conversationNow(this.database, tenantId, conversationId));
  }

  /**
   * Gives a conversation of any state to an active operator. When the operator is OFFLINE, their grace period starts.
   * @param note what the ledger says after the reason
   */
  async reassign(
    caller: TenantPrincipal,
    conversationId: string,
    operatorId: string,
    overrideCapacity: boolean,
    expectedVersion: number | null,
    note = '',
  ): Promise<ConversationResponse> {
    const { tenantId } = caller;
    const conversation = await this.database.inTenant(tenantId, async (tx) => {
      const reasons = await lockOperatorReasons(tx, tenantId, operatorId);
      if (reasons.includes('NOT_FOUND')) throw new NotFound('operator', operatorId);
      if (reasons.includes('OPERATOR_INACTIVE')) {
        throw new Problem('NOT_FOUND', `Operator ${operatorId} has been deactivated.`);
      }
      const before = await this.conversations.getVisible(caller, conversationId);
      if (before.state === 'RESOLVED') await this.inboxes.getActive(tenantId, before.inbox_id);
      // The current holder does not get an additional conversation.
      const keeps = before.assigned_operator_id === operatorId;
      if (reasons.includes('OPERATOR_AT_CAPACITY') && !overrideCapacity && !keeps) {
        throw new Problem(
          'OPERATOR_AT_CAPACITY',
          `Operator ${operatorId} holds as many conversations as their maxLoad allows. Send overrideCapacity to reassign anyway.`,
        );
      }
      if (
        !overrideCapacity &&
        !keeps &&
        (await isAtInboxCapacity(tx, tenantId, operatorId, before.inbox_id))
      ) {
        throw new Problem(
          'OPERATOR_AT_CAPACITY',
          `Operator ${operatorId} holds as many conversations of inbox ${before.inbox_id} as their subscription allows. Send overrideCapacity to reassign anyway.`,
        );
      }
      const reason = `Given to the operator by ${inWords(caller)}${overrideCapacity ? ', whatever they carry' : ''}${note}`;
      const values = [operatorId, reason];
      const after = await runTransition(
        tx,
        caller,
        'reassign',
        REASSIGN,
        conversationId,
        expectedVersion,
        values,
      );
      if (reasons.includes('OPERATOR_OFFLINE')) {
        await this.gracePeriods.start(tenantId, operatorId, conversationId);
      }
      return after;
    });
    if (conversation.met_operator_id !== operatorId) {
      await this.distributor.afterFreeing(tenantId, { operatorId: conversation.met_operator_id });
    }
    return conversationResponse(conversation);
  }

  /** @param note what the ledger says after the reason */
  async move(
    caller: TenantPrincipal,
    conversationId: string,
    inboxId: string,
    expectedVersion: number | null,
    note = '',
  ): Promise<MoveResult> {
    const { tenantId } = caller;
    const { conversation, previousOperatorId, labels } = await this.database.inTenant(
      tenantId,
      async (tx) => {
        await rowsOf(tx, SHARE_RANKING, [tenantId]);
        await this.conversations.getVisible(caller, conversationId);
        await this.inboxes.getActive(tenantId, inboxId);
        const moved = await runTransition(tx, caller, 'move', MOVE_INBOX, conversationId, expectedVersion, [
          inboxId,
          `Moved by ${inWords(caller)}${note}`,
        ]);
        const labels = await exchangeLabels(tx, tenantId, conversationId, inboxId);
        // Reads the conversation again to include its new labels.
        return {
          conversation: await this.conversations.getVisible(caller, conversationId),
          previousOperatorId: moved.met_operator_id,
          labels,
        };
      },
    );
    if (conversation.state === 'QUEUED') {
      await this.distributor.afterFreeing(tenantId, { operatorId: previousOperatorId, inboxIds: [inboxId] });
    }
    return { conversation: conversationResponse(conversation), ...labels };
  }
}

/** For the ledger. */
function inWords({ kind }: TenantPrincipal): string {
  return kind === 'operator' ? 'a supervisor' : 'a service';
}

/** A transition without a change is not an error: it returns the current conversation. */
async function runTransition(
  tx: Transaction,
  caller: TenantPrincipal,
  name: TransitionName,
  statement: Statement,
  conversationId: string,
  expectedVersion: number | null,
  more: readonly unknown[],
): Promise<TransitionRow & { refusal: null }> {
  const { tenantId } = caller;
  const mover = rightOf(caller) as Mover;
  const actor = actorOf(caller);
  const values = [
    tenantId,
    conversationId,
    expectedVersion,
    allowedFrom(name, mover),
    newId(),
    actor.type,
    actor.id,
    ...more,
  ];
  const [row] = await rowsOf<TransitionRow>(tx, statement, values);
  if (row === undefined) throw new Error(`the function of ${name} returned no row`);
  if (row.refusal !== null) throw transitionRefusal(name, mover, conversationId, row);
  return row;
}

async function lockOperatorReasons(tx: Transaction, tenantId: string, operatorId: string): Promise<string[]> {
  const [row] = await rowsOf<{ reasons: string[] }>(tx, LOCK_OPERATOR_REASONS, [tenantId, operatorId]);
  return row?.reasons ?? [];
}

async function isAtInboxCapacity(
  tx: Transaction,
  tenantId: string,
  operatorId: string,
  inboxId: string,
): Promise<boolean> {
  const [row] = await rowsOf<{ full: boolean }>(tx, IS_AT_INBOX_CAPACITY, [tenantId, operatorId, inboxId]);
  return row?.full === true;
}
