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

/** The number of expiry intervals between two runs. Missing grace periods are rare, so a longer pause is enough. */
const EXPIRY_INTERVALS = 12;

/** Starts grace periods that a crash or an error prevented. */
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
    if (length > 0)
      this.logger.warn(
        { tenantId, repaired: length },
        'OFFLINE operators held conversations without a grace period',
      );
    return length;
  }
}
