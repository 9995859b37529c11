import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Distributor } from './distributor.js';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { sql } from '../database/statement.js';
import { Periodic } from '../scheduling/periodic.js';

/** The tenants where something waits in an inbox that pushes. Looks across tenants, by a function of its own. */
const TENANTS_WITH_UNDISTRIBUTED_CONVERSATIONS = sql`
  select tenants_with_undistributed_conversations() as tenant_id`;

/** Distributes what an instance that died has left waiting beside a free operator. Any number of instances may run it. */
@Injectable()
export class DistributionSweep implements OnModuleInit, OnApplicationShutdown {
  private timer: Periodic;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
    private readonly scheduler: SchedulerRegistry,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  onModuleInit(): void {
    const seconds = this.environment.distributionSweepIntervalSeconds;
    this.timer = new Periodic(this.scheduler, DistributionSweep.name, seconds, () => this.runOnce());
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.timer.stop();
  }

  /** @returns how many conversations were distributed */
  async runOnce(): Promise<number> {
    let given = 0;
    const statement = TENANTS_WITH_UNDISTRIBUTED_CONVERSATIONS;
    for (const { tenant_id } of await this.database.look<{ tenant_id: string }>(statement, [])) {
      given += await this.distributor.distributeAll(tenant_id, () => !this.stopping);
    }
    return given;
  }
}
