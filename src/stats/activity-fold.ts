import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { assignPositionsIfFree } from '../ledger/assign-positions.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import { FOLD_ACTIVITY, TENANTS_TO_FOLD } from './fold-activity.js';

/**
 * Folds the ledger into the totals that the statistics read. What is not folded yet is counted when they are read, so
 * a late run costs time and never exactness.
 */
@ScheduledJob()
@Injectable()
export class ActivityFold implements TenantJob {
  readonly name = 'activity-fold';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_TO_FOLD;
  /** Short transactions: an old snapshot keeps vacuum from the rows that allocations leave behind. */
  readonly most = 1_000;

  constructor(
    private readonly database: Database,
    @Inject(ENVIRONMENT) environment: Environment,
  ) {
    this.intervalSeconds = environment.statsIntervalSeconds;
  }

  /** Only entries with a position in the feed are folded. */
  prepare(tenantId: string): Promise<void> {
    return this.database.inLane('background', tenantId, () => assignPositionsIfFree(this.database, tenantId));
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const [row] = await rowsOf<{ entries: number }>(tx, FOLD_ACTIVITY, [tenantId, size]);
    return row?.entries ?? 0;
  }
}
