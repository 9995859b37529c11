import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { SHARE_RANKING } from './share-ranking.js';
import { Database } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { Periodic } from '../scheduling/periodic.js';
import { MARK_SATURATED, SATURATION_BATCH, TENANTS_TO_SATURATE } from './mark-saturated.js';

/** Marks the waiting conversations that passed the cap of the delay. Any number of instances may run it at once. */
@Injectable()
export class SaturationSweep implements OnModuleInit, OnApplicationShutdown {
  private timer: Periodic;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly scheduler: SchedulerRegistry,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  onModuleInit(): void {
    const seconds = this.environment.saturationSweepIntervalSeconds;
    this.timer = new Periodic(this.scheduler, SaturationSweep.name, seconds, () => this.runOnce());
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.timer.stop();
  }

  /** Marks all that are due now. @returns how many */
  async runOnce(): Promise<number> {
    let marked = 0;
    for (const { tenant_id } of await this.database.look<{ tenant_id: string }>(TENANTS_TO_SATURATE, [])) {
      if (this.stopping) break;
      marked += await this.database.inBatches(
        SATURATION_BATCH,
        () => this.stopping,
        (size) => this.markBatch(tenant_id, size),
      );
    }
    return marked;
  }

  private markBatch(tenantId: string, size: number): Promise<number> {
    return this.database.inTenant(tenantId, async (tx) => {
      await rowsOf(tx, SHARE_RANKING, [tenantId]);
      return (await rowsOf(tx, MARK_SATURATED, [tenantId, size])).length;
    });
  }
}
