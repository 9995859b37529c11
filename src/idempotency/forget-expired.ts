import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database } from '../database/database.js';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { sql } from '../database/statement.js';
import { Periodic } from '../scheduling/periodic.js';

const TENANTS_TO_CLEAN = sql`select tenants_to_clean() as tenant_id`;
const FORGET_EXPIRED = sql`select forget_expired($1, $2) as forgotten`;
/** Short transactions. */
const BATCH = 1_000;

/** Takes away answers and message ids whose time is over. Any number of instances may run it at once. */
@Injectable()
export class ForgetExpired implements OnModuleInit, OnApplicationShutdown {
  private timer: Periodic;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly scheduler: SchedulerRegistry,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  onModuleInit(): void {
    const seconds = this.environment.cleanUpIntervalSeconds;
    this.timer = new Periodic(this.scheduler, ForgetExpired.name, seconds, () => this.runOnce());
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.timer.stop();
  }

  async runOnce(): Promise<void> {
    for (const { tenant_id } of await this.database.look<{ tenant_id: string }>(TENANTS_TO_CLEAN, [])) {
      if (this.stopping) break;
      await this.database.inBatches(
        BATCH,
        () => this.stopping,
        (size) => this.forget(tenant_id, size),
      );
    }
  }

  private async forget(tenantId: string, size: number): Promise<number> {
    const [row] = await this.database.call<{ forgotten: number }>(FORGET_EXPIRED, [tenantId, size]);
    return row?.forgotten ?? 0;
  }
}
