import { Injectable } from '@nestjs/common';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { Problem } from '../http/problem.js';
import type { Availability } from './operator.js';
import { findOperator, onlyOwn } from './operators.service.js';
import {
  END_GRACE_PERIODS,
  GRACE_PERIODS_OF_OPERATOR,
  START_GRACE_PERIODS,
} from '../grace/start-grace-periods.js';
import { Distributor, type Freed } from '../distribution/distributor.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { EXPIRY_BATCH } from '../grace/expire-grace-periods.js';
import { expireBatch } from '../grace/expire-batch.js';
import { countExpirations } from '../grace/grace-metrics.js';
import { changeStatus, lockOperator } from './change-status.js';
import type { StatusResponse } from './status.js';

@Injectable()
export class AvailabilityService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
  ) {}

  status(caller: TenantPrincipal, operatorId: string): Promise<StatusResponse> {
    onlyOwn(caller, operatorId);
    return this.database.inTenant(caller.tenantId, (tx) => statusOf(tx, caller.tenantId, operatorId));
  }

  /** Setting the status that is there already changes nothing, not even the time of the last change. */
  async setStatus(
    caller: OperatorPrincipal,
    operatorId: string,
    status: Availability,
  ): Promise<StatusResponse> {
    onlyOwn(caller, operatorId);
    const { tenantId } = caller;
    const { answer, freed } = await this.database.inTenant(tenantId, async (tx) => {
      let freed: Freed = {};
      // What the operator holds may wait again at once: the ranking comes before the operator (docs/adr/0003).
      if (status === 'OFFLINE') await rowsOf(tx, SHARE_RANKING, [tenantId]);
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

async function statusOf(tx: Transaction, tenantId: string, operatorId: string): Promise<StatusResponse> {
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
