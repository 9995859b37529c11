import { Injectable } from '@nestjs/common';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { Database, type Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { NotFound, Problem } from '../http/problem.js';
import { actorOf } from '../ledger/actor.js';
import { RECORD_AVAILABILITY } from '../ledger/record-availability.js';
import type { UpdateOperator } from '../operators/operator-requests.js';
import { Operator, operatorAnswer, type Availability, type OperatorAnswer } from '../operators/operator.js';
import { findOperator, onlyOwn } from '../operators/operators.service.js';
import {
  END_GRACE_PERIODS,
  GRACE_PERIODS_OF_OPERATOR,
  START_GRACE_PERIODS,
} from '../allocation/start-grace-periods.js';
import { Distributor, type Freed } from '../allocation/distributor.js';
import { EXPIRY_BATCH } from '../grace/expire-grace-periods.js';
import { expireBatch } from '../grace/grace-expiry.js';
import { countExpirations } from '../grace/grace-metrics.js';
import { CHANGE_STATUS, LOCK_OPERATOR } from './change-status.js';
import { releaseConversations } from './release-conversations.js';
import type { StatusAnswer } from './status.js';

@Injectable()
export class AvailabilityService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
  ) {}

  status(caller: TenantPrincipal, operatorId: string): Promise<StatusAnswer> {
    onlyOwn(caller, operatorId);
    return this.database.inTenant(caller.tenantId, (tx) => statusOf(tx, caller.tenantId, operatorId));
  }

  /** Setting the status that is there already changes nothing, not even the time of the last change. */
  async setStatus(
    caller: OperatorPrincipal,
    operatorId: string,
    status: Availability,
  ): Promise<StatusAnswer> {
    onlyOwn(caller, operatorId);
    const { tenantId } = caller;
    const { answer, freed } = await this.database.inTenant(tenantId, async (tx) => {
      let freed: Freed = {};
      const before = await lockOperator(tx, tenantId, operatorId);
      if (!before.is_active) throw new Problem('OPERATOR_INACTIVE', 'The operator has been deactivated.');
      if (before.availability !== status) {
        await changeStatus(tx, caller, operatorId, status);
        if (status === 'OFFLINE') freed = { inboxIds: await leave(tx, tenantId, operatorId) };
        else freed = await comeBack(tx, tenantId, operatorId);
      }
      return { answer: await statusOf(tx, tenantId, operatorId), freed };
    });
    await this.database.afterCommit(() => countExpirations(freed.inboxIds?.length ?? 0));
    await this.distributor.afterFreeing(tenantId, freed);
    return answer;
  }

  /** Changes an operator; one who is deactivated goes OFFLINE and loses what they hold at once. */
  async update(
    admin: OperatorPrincipal,
    operatorId: string,
    request: UpdateOperator,
  ): Promise<OperatorAnswer> {
    const { tenantId } = admin;
    const { answer, inboxIds } = await this.database.inTenant(tenantId, async (tx) => {
      let inboxIds: string[] = [];
      const before = await lockOperator(tx, tenantId, operatorId);
      if (request.isActive === false) {
        inboxIds = await releaseConversations(tx, tenantId, operatorId);
        if (before.availability === 'AVAILABLE') await changeStatus(tx, admin, operatorId, 'OFFLINE');
      }
      await tx.update(Operator, { tenantId, id: operatorId }, { ...request, updatedAt: () => 'now()' });
      return { answer: operatorAnswer(await findOperator(tx, tenantId, operatorId)), inboxIds };
    });
    // A raised maxLoad makes room; a lowered one makes none, and that is seen where it is looked at.
    await this.distributor.afterFreeing(tenantId, {
      operatorId: request.maxLoad === undefined ? null : operatorId,
      inboxIds,
    });
    return answer;
  }
}

async function lockOperator(tx: Transaction, tenantId: string, operatorId: string) {
  const values = [tenantId, operatorId];
  const [row] = await rowsOf<{ availability: Availability; is_active: boolean }>(tx, LOCK_OPERATOR, values);
  if (row === undefined) throw new NotFound('operator', operatorId);
  return row;
}

async function changeStatus(
  tx: Transaction,
  caller: OperatorPrincipal,
  operatorId: string,
  status: Availability,
) {
  const { tenantId } = caller;
  const actor = actorOf(caller);
  const type = status === 'AVAILABLE' ? 'operator.available' : 'operator.offline';
  const who = caller.operatorId === operatorId ? 'The operator' : 'A colleague';
  await rowsOf(tx, CHANGE_STATUS, [tenantId, operatorId, status]);
  const values = [
    tenantId,
    newId(),
    type,
    operatorId,
    actor.type,
    actor.id,
    `${who} set the status to ${status}`,
  ];
  await rowsOf(tx, RECORD_AVAILABILITY, values);
}

/**
 * What the operator holds gets its grace period. Where the tenant grants none, it waits again at once.
 * @returns the inboxes in which it waits
 */
async function leave(tx: Transaction, tenantId: string, operatorId: string): Promise<string[]> {
  await rowsOf(tx, START_GRACE_PERIODS, [tenantId, operatorId, null]);
  const inboxIds: string[] = [];
  let expired: string[];
  do {
    expired = await expireBatch(tx, tenantId, EXPIRY_BATCH, operatorId);
    inboxIds.push(...expired);
  } while (expired.length === EXPIRY_BATCH);
  return inboxIds;
}

async function comeBack(tx: Transaction, tenantId: string, operatorId: string): Promise<Freed> {
  await rowsOf(tx, END_GRACE_PERIODS, [tenantId, operatorId]);
  return { operatorId };
}

async function statusOf(tx: Transaction, tenantId: string, operatorId: string): Promise<StatusAnswer> {
  const operator = await findOperator(tx, tenantId, operatorId);
  const periods = await rowsOf<{ conversation_id: string; expires_at: Date }>(tx, GRACE_PERIODS_OF_OPERATOR, [
    tenantId,
    operatorId,
  ]);
  return {
    operatorId,
    status: operator.availability,
    lastStatusChangeAt: operator.lastStatusChangeAt.toISOString(),
    gracePeriods: periods.map((period) => ({
      conversationId: period.conversation_id,
      expiresAt: period.expires_at.toISOString(),
    })),
  };
}
