import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Distributor } from '../distribution/distributor.js';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { Database, type Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { Periodic } from '../scheduling/periodic.js';
import {
  EXPIRE_GRACE_PERIODS,
  EXPIRE_GRACE_PERIODS_OF_OPERATOR,
  EXPIRY_BATCH,
  REPAIR_GRACE_PERIODS,
  TENANTS_WITH_DUE_GRACE_PERIODS,
  TENANTS_WITH_FORGOTTEN_CONVERSATIONS,
} from './expire-grace-periods.js';
import { countExpirations } from './grace-metrics.js';

/** The repair looks for what should never be there; once in so many expiry runs is often enough. */
const RUNS_PER_REPAIR = 12;

/**
 * Puts the conversations of operators who stayed away past their grace period back into the queue. Any number of
 * instances may run it at once; each conversation is re-queued by one of them.
 */
@Injectable()
export class GraceExpiry implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(GraceExpiry.name);
  private timer: Periodic;
  private stopping = false;
  private runs = 0;

  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
    private readonly scheduler: SchedulerRegistry,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  onModuleInit(): void {
    const seconds = this.environment.graceExpiryIntervalSeconds;
    this.timer = new Periodic(this.scheduler, GraceExpiry.name, seconds, async () => {
      if (this.runs++ % RUNS_PER_REPAIR === 0) await this.repairOnce();
      await this.runOnce();
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.timer.stop();
  }

  /** Re-queues all that is due now, tenant by tenant. @returns how many */
  async runOnce(): Promise<number> {
    let expired = 0;
    for (const tenantId of await this.tenants(TENANTS_WITH_DUE_GRACE_PERIODS)) {
      if (this.stopping) break;
      expired += await this.expireTenant(tenantId);
    }
    return expired;
  }

  /** The same for one tenant. */
  expireTenant(tenantId: string): Promise<number> {
    return this.database.inBatches(
      EXPIRY_BATCH,
      () => this.stopping,
      async (size) => {
        const inboxIds = await this.database.inTenant(tenantId, (tx) => expireBatch(tx, tenantId, size));
        await this.database.afterCommit(() => countExpirations(inboxIds.length));
        await this.distributor.afterFreeing(tenantId, { inboxIds });
        return inboxIds.length;
      },
    );
  }

  /** Gives absent holders the grace period they should have had. @returns how many were missing */
  async repairOnce(): Promise<number> {
    let repaired = 0;
    for (const tenantId of await this.tenants(TENANTS_WITH_FORGOTTEN_CONVERSATIONS)) {
      if (this.stopping) break;
      repaired += await this.database.inBatches(
        EXPIRY_BATCH,
        () => this.stopping,
        async (size) => {
          const { length } = await this.database.inTenant(tenantId, (tx) =>
            rowsOf(tx, REPAIR_GRACE_PERIODS, [tenantId, size]),
          );
          if (length > 0)
            this.logger.warn({ tenantId, repaired: length }, 'absent holders without a grace period');
          return length;
        },
      );
    }
    return repaired;
  }

  private async tenants(statement: typeof TENANTS_WITH_DUE_GRACE_PERIODS): Promise<string[]> {
    const rows = await this.database.look<{ tenant_id: string }>(statement, []);
    return rows.map(({ tenant_id }) => tenant_id);
  }
}

/**
 * Re-queues up to `size` due conversations in the caller's transaction.
 * @param operatorId only those of this operator; by default of all
 * @returns the inbox of each of them
 */
export async function expireBatch(
  tx: Transaction,
  tenantId: string,
  size: number,
  operatorId?: string,
): Promise<string[]> {
  await rowsOf(tx, SHARE_RANKING, [tenantId]);
  const values = [tenantId, Array.from({ length: size }, () => newId())];
  const expired = await (operatorId === undefined
    ? rowsOf<{ inbox_id: string }>(tx, EXPIRE_GRACE_PERIODS, values)
    : rowsOf<{ inbox_id: string }>(tx, EXPIRE_GRACE_PERIODS_OF_OPERATOR, [...values, operatorId]));
  return expired.map(({ inbox_id }) => inbox_id);
}
