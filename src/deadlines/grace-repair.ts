import { Inject, Injectable, Logger } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import {
  EXPIRY_BATCH,
  REPAIR_GRACE_PERIODS,
  TENANTS_WITH_FORGOTTEN_CONVERSATIONS,
} from './expire-grace-periods.js';

/** The number of expiry intervals between two runs. A change that leaves some starts the job at once. */
const EXPIRY_INTERVALS = 12;

/** Starts the grace periods of an operator who left with more conversations than one batch, or that a crash prevented. */
@ScheduledJob()
@Injectable()
export class GraceRepair implements TenantJob {
  readonly name = 'grace-repair';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_WITH_FORGOTTEN_CONVERSATIONS;
  readonly most = EXPIRY_BATCH;
  private readonly logger = new Logger(GraceRepair.name);

  constructor(@Inject(ENVIRONMENT) environment: Environment) {
    this.intervalSeconds = EXPIRY_INTERVALS * environment.graceExpiryIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const { length } = await rowsOf(tx, REPAIR_GRACE_PERIODS, [tenantId, size]);
    if (length > 0) this.logger.log({ tenantId, started: length }, 'started missing grace periods');
    return length;
  }
}
