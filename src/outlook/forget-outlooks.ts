import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';

const FORGET_OUTLOOKS = sql`select forget_outlooks($1, $2) as forgotten`;

/** Deletes outlooks that are too old or too many. */
@ScheduledJob()
@Injectable()
export class ForgetOutlooks implements TenantJob {
  readonly name = 'outlook-clean-up';
  readonly intervalSeconds: number;
  readonly tenants = sql`select tenants_with_kept_outlooks() as tenant_id`;
  readonly most = 1_000;

  constructor(@Inject(ENVIRONMENT) environment: Environment) {
    this.intervalSeconds = environment.cleanUpIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const [row] = await rowsOf<{ forgotten: number }>(tx, FORGET_OUTLOOKS, [tenantId, size]);
    return row?.forgotten ?? 0;
  }
}
