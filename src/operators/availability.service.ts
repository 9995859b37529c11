import { Injectable } from '@nestjs/common';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { Problem } from '../http/problem.js';
import type { Availability } from './operator.js';
import { OperatorReader } from './operator-reader.js';
import { GracePeriods } from '../grace/grace-periods.js';
import { Distributor, type Freed } from '../distribution/distributor.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { countExpirations } from '../grace/grace-metrics.js';
import { changeStatus, lockOperator } from './change-status.js';
import type { StatusResponse } from './status.js';

@Injectable()
export class AvailabilityService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
    private readonly operators: OperatorReader,
    private readonly gracePeriods: GracePeriods,
  ) {}

  status(caller: TenantPrincipal, operatorId: string): Promise<StatusResponse> {
    this.operators.requireOwn(caller, operatorId);
    return this.database.inTenant(caller.tenantId, () => this.statusOf(caller.tenantId, operatorId));
  }

  /** Setting the current status again changes nothing, not even the time of the last change. */
  async setStatus(
    caller: OperatorPrincipal,
    operatorId: string,
    status: Availability,
  ): Promise<StatusResponse> {
    this.operators.requireOwn(caller, operatorId);
    const { tenantId } = caller;
    const { response, freed } = await this.database.inTenant(tenantId, async (tx) => {
      let freed: Freed = {};
      // The held conversations can become QUEUED at once. The ranking is locked before the operator (docs/adr/0003).
      if (status === 'OFFLINE') await rowsOf(tx, SHARE_RANKING, [tenantId]);
      const before = await lockOperator(tx, tenantId, operatorId);
      if (!before.is_active) throw deactivated(caller, operatorId);
      if (before.availability !== status) {
        await changeStatus(tx, caller, operatorId, status);
        freed =
          status === 'OFFLINE'
            ? await this.leave(tenantId, operatorId)
            : await this.comeBack(tenantId, operatorId);
      }
      return { response: await this.statusOf(tenantId, operatorId), freed };
    });
    await this.database.afterCommit(() => countExpirations(freed.inboxIds?.length ?? 0));
    await this.distributor.afterFreeing(tenantId, freed);
    return response;
  }

  private async statusOf(tenantId: string, operatorId: string): Promise<StatusResponse> {
    const operator = await this.operators.get(tenantId, operatorId);
    const periods = await this.gracePeriods.listOf(tenantId, operatorId);
    return {
      operatorId,
      status: operator.availability,
      lastStatusChangeAt: operator.lastStatusChangeAt.toISOString(),
      gracePeriods: periods.map(({ conversationId, expiresAt }) => ({
        conversationId,
        expiresAt: expiresAt.toISOString(),
      })),
    };
  }

  /** Starts the grace periods of held conversations. In a tenant without a grace period they are queued at once. */
  private async leave(tenantId: string, operatorId: string): Promise<Freed> {
    await this.gracePeriods.start(tenantId, operatorId);
    return { inboxIds: await this.gracePeriods.expireAllOf(tenantId, operatorId) };
  }

  private async comeBack(tenantId: string, operatorId: string): Promise<Freed> {
    await this.gracePeriods.end(tenantId, operatorId);
    return { operatorId };
  }
}

/** A caller may have been deactivated since they were identified. */
function deactivated(caller: OperatorPrincipal, operatorId: string): Problem {
  return caller.operatorId === operatorId
    ? new Problem('OPERATOR_INACTIVE', 'You have been deactivated. Ask an administrator.')
    : new Problem('NOT_FOUND', `Operator ${operatorId} has been deactivated.`);
}
