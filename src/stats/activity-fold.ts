import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { assignPositions } from '../ledger/assign-positions.js';
import { Periodic } from '../scheduling/periodic.js';
import { FOLD_ACTIVITY, TENANTS_TO_FOLD } from './fold-activity.js';

/** Short transactions: an old snapshot keeps vacuum from the rows that allocations leave behind. */
const BATCH = 1_000;

/**
 * Folds the ledger into the totals that the statistics read. What is not folded yet is counted when they are read, so
 * a run that is late costs time and never exactness. Any number of instances may run it at once.
 */
@Injectable()
export class ActivityFold implements OnModuleInit, OnApplicationShutdown {
  private timer: Periodic;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly scheduler: SchedulerRegistry,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  onModuleInit(): void {
    const seconds = this.environment.statsIntervalSeconds;
    this.timer = new Periodic(this.scheduler, ActivityFold.name, seconds, () => this.runOnce());
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.timer.stop();
  }

  /** Folds all that can be folded now, tenant by tenant. @returns how many entries */
  async runOnce(): Promise<number> {
    let folded = 0;
    for (const { tenant_id } of await this.database.look<{ tenant_id: string }>(TENANTS_TO_FOLD, [])) {
      if (this.stopping) break;
      folded += await this.database.inBatches(
        BATCH,
        () => this.stopping,
        (size) => this.foldBatch(tenant_id, size),
      );
    }
    return folded;
  }

  private async foldBatch(tenantId: string, size: number): Promise<number> {
    // What has no place in the feed yet is not folded.
    await assignPositions(this.database, tenantId);
    const [row] = await this.database.call<{ entries: number }>(FOLD_ACTIVITY, [tenantId, size]);
    return row?.entries ?? 0;
  }
}
