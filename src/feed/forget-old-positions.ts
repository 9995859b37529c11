import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql, type Statement } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';

const FORGET_FEED_POSITIONS = sql`select forget_feed_positions($1, $2, $3) as forgotten`;

/** Takes old entries out of the feed, where the operator of the service wants it. They stay in the ledger. */
@ScheduledJob()
@Injectable()
export class ForgetOldPositions implements TenantJob {
  readonly name = 'feed-clean-up';
  readonly intervalSeconds: number;
  readonly tenants: Statement;
  readonly most = 1_000;
  private readonly days: number;

  constructor(@Inject(ENVIRONMENT) { feedRetentionDays: days, cleanUpIntervalSeconds }: Environment) {
    this.days = days;
    this.intervalSeconds = days === 0 ? 0 : cleanUpIntervalSeconds;
    this.tenants = sql`select tenants_with_old_feed_positions(${String(days)}) as tenant_id`;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const values = [tenantId, this.days, size];
    const [row] = await rowsOf<{ forgotten: number }>(tx, FORGET_FEED_POSITIONS, values);
    return row?.forgotten ?? 0;
  }
}
