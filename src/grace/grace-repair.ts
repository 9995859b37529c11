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

/** It looks for what should never be there, so once in this many expiry intervals is often enough. */
const EXPIRY_INTERVALS = 12;

/** Gives absent holders the grace period they should have had: a crash or a fault can leave them without one. */
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
    if (length > 0) this.logger.warn({ tenantId, repaired: length }, 'absent holders without a grace period');
    return length;
  }
}
