import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database, type Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import { countOverdue } from './wait-metrics.js';

/** This calls a function because it reads across tenants. */
const TENANTS_WITH_OVERDUE_WAITS = sql`select tenants_with_overdue_waits() as tenant_id`;

/** $1 tenant, $2 ids of ledger entries, whose number limits the batch. The function of the same name does the work. */
const REPORT_OVERDUE_WAITS = sql`select report_overdue_waits($1, $2) as reported`;

/** Reports each wait that is longer than the target of its inbox, once. */
@ScheduledJob()
@Injectable()
export class OverdueWaits implements TenantJob {
  readonly name = 'overdue-waits';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_WITH_OVERDUE_WAITS;
  readonly most = 500;

  constructor(
    private readonly database: Database,
    @Inject(ENVIRONMENT) environment: Environment,
  ) {
    this.intervalSeconds = environment.waitSweepIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const eventIds = Array.from({ length: size }, () => newId());
    const [row] = await rowsOf<{ reported: number }>(tx, REPORT_OVERDUE_WAITS, [tenantId, eventIds]);
    const reported = row?.reported ?? 0;
    await this.database.afterCommit(() => countOverdue(reported));
    return reported;
  }
}
