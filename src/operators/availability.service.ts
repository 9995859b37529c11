import { Injectable, type Type } from '@nestjs/common';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { Problem } from '../http/problem.js';
import type { Availability } from './operator.js';
import { OperatorReader } from './operator-reader.js';
import { EXPIRY_BATCH } from '../deadlines/expire-grace-periods.js';
import { DeadlineExpiry } from '../deadlines/deadline-expiry.js';
import { GracePeriods } from '../deadlines/grace-periods.js';
import { GraceRepair } from '../deadlines/grace-repair.js';
import type { TenantJob } from '../scheduling/job.js';
import { Jobs } from '../scheduling/jobs.js';
import { Distributor, type Freed } from '../distribution/distributor.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { countExpirations } from '../deadlines/grace-metrics.js';
import { changeStatus, lockOperator } from './change-status.js';
import type { StatusResponse } from './status.js';

interface Change {
  freed: Freed;
  /** The jobs that have the rest to do. */
  rest: Type<TenantJob>[];
}

@Injectable()
export class AvailabilityService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
    private readonly operators: OperatorReader,
    private readonly gracePeriods: GracePeriods,
    private readonly jobs: Jobs,
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
    const { response, freed, rest } = await this.database.inTenant(tenantId, async (tx) => {
      let change: Change = { freed: {}, rest: [] };
      // The held conversations can become QUEUED at once. The ranking is locked before the operator (docs/adr/0003).
      if (status === 'OFFLINE') await rowsOf(tx, SHARE_RANKING, [tenantId]);
      const before = await lockOperator(tx, tenantId, operatorId);
      if (!before.is_active) throw deactivated(caller, operatorId);
      if (before.availability !== status) {
        await changeStatus(tx, caller, operatorId, status);
        change =
          status === 'OFFLINE'
            ? await this.leave(tenantId, operatorId)
            : await this.comeBack(tenantId, operatorId);
      }
      return { response: await this.statusOf(tenantId, operatorId), ...change };
    });
    await this.database.afterCommit(() => countExpirations(freed.inboxIds?.length ?? 0));
    await this.database.afterCommit(() => rest.forEach((job) => this.jobs.soon(job)));
    await this.distributor.afterFreeing(tenantId, freed);
    return response;
  }

  private async statusOf(tenantId: string, operatorId: string): Promise<StatusResponse> {
    const operator = await this.operators.get(tenantId, operatorId);
    const periods = await this.gracePeriods.listOf(tenantId, operatorId);
    const isAway = operator.availability === 'OFFLINE' && operator.isActive;
    return {
      operatorId,
      status: operator.availability,
      lastStatusChangeAt: operator.lastStatusChangeAt.toISOString(),
      gracePeriods: periods.map(({ conversationId, expiresAt }) => ({
        conversationId,
        expiresAt: expiresAt.toISOString(),
      })),
      hasMore: isAway && (await this.gracePeriods.areMissing(tenantId, operatorId)),
    };
  }

  /**
   * Starts the grace periods of held conversations. In a tenant without a grace period they are queued at once. Jobs do
   * the rest of what is more than a batch.
   */
  private async leave(tenantId: string, operatorId: string): Promise<Change> {
    const rest: Change['rest'] = [];
    if (await this.gracePeriods.start(tenantId, operatorId)) rest.push(GraceRepair);
    const inboxIds = await this.gracePeriods.expire(tenantId, EXPIRY_BATCH, operatorId);
    if (inboxIds.length === EXPIRY_BATCH) rest.push(DeadlineExpiry);
    return { freed: { inboxIds }, rest };
  }

  private async comeBack(tenantId: string, operatorId: string): Promise<Change> {
    await this.gracePeriods.end(tenantId, operatorId);
    return { freed: { operatorId }, rest: [] };
  }
}

/** A caller may have been deactivated since they were identified. */
function deactivated(caller: OperatorPrincipal, operatorId: string): Problem {
  return caller.operatorId === operatorId
    ? new Problem('OPERATOR_INACTIVE', 'You have been deactivated. Ask an administrator.')
    : new Problem('NOT_FOUND', `Operator ${operatorId} has been deactivated.`);
}
