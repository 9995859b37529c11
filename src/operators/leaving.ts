import { Injectable, type Type } from '@nestjs/common';
import { Database } from '../database/database.js';
import { EXPIRY_BATCH } from '../deadlines/expire-grace-periods.js';
import { DeadlineExpiry } from '../deadlines/deadline-expiry.js';
import { countExpired } from '../deadlines/deadline-metrics.js';
import { GracePeriods } from '../deadlines/grace-periods.js';
import { GraceRepair } from '../deadlines/grace-repair.js';
import { Distributor } from '../distribution/distributor.js';
import type { TenantJob } from '../scheduling/job.js';
import { Jobs } from '../scheduling/jobs.js';

/** The conversations of somebody who went OFFLINE. */
export interface Left {
  /** The inboxes of those that are QUEUED again. */
  readonly inboxIds: readonly string[];
  /** The jobs that have the rest to do. */
  readonly rest: readonly Type<TenantJob>[];
}

/** What follows when an operator has become OFFLINE, by themselves or by others. */
@Injectable()
export class Leaving {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
    private readonly gracePeriods: GracePeriods,
    private readonly jobs: Jobs,
  ) {}

  /**
   * Starts the grace periods of held conversations. In a tenant without a grace period they are queued at once. Jobs do
   * the rest of what is more than a batch. The caller shares the ranking, has locked the operator and made them OFFLINE.
   */
  async leave(tenantId: string, operatorId: string): Promise<Left> {
    const rest: Type<TenantJob>[] = [];
    if (await this.gracePeriods.start(tenantId, operatorId)) rest.push(GraceRepair);
    const inboxIds = await this.gracePeriods.expire(tenantId, EXPIRY_BATCH, operatorId);
    if (inboxIds.length === EXPIRY_BATCH) rest.push(DeadlineExpiry);
    return { inboxIds, rest };
  }

  /** Call it after the transaction, or at its end inside of `atomically`. */
  async afterLeaving(tenantId: string, { inboxIds, rest }: Left): Promise<void> {
    await this.database.afterCommit(() => countExpired('GRACE', inboxIds.length));
    await this.database.afterCommit(() => rest.forEach((job) => this.jobs.soon(job)));
    await this.distributor.afterFreeing(tenantId, { inboxIds });
  }
}
