import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';

const FORGET_EXPIRED = sql`select forget_expired($1, $2) as forgotten`;

/** Deletes stored responses, message ids and declines that have expired. */
@ScheduledJob()
@Injectable()
export class ForgetExpired implements TenantJob {
  readonly name = 'clean-up';
  readonly intervalSeconds: number;
  readonly tenants = sql`select tenants_to_clean() as tenant_id`;
  readonly most = 1_000;

  constructor(@Inject(ENVIRONMENT) environment: Environment) {
    this.intervalSeconds = environment.cleanUpIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const [row] = await rowsOf<{ forgotten: number }>(tx, FORGET_EXPIRED, [tenantId, size]);
    return row?.forgotten ?? 0;
  }
}
