import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { assignPositionsIfFree } from '../ledger/assign-positions.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import { FOLD_ACTIVITY, TENANTS_TO_FOLD } from './fold-activity.js';

/**
 * Adds new ledger entries to the totals that the statistics read. Queries count entries that are not folded yet, so a
 * late run makes them slower but never wrong.
 */
@ScheduledJob()
@Injectable()
export class ActivityFold implements TenantJob {
  readonly name = 'activity-fold';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_TO_FOLD;
  /** Transactions stay short, because an old snapshot stops vacuum from removing the dead rows of allocations. */
  readonly most = 1_000;

  constructor(
    private readonly database: Database,
    @Inject(ENVIRONMENT) environment: Environment,
  ) {
    this.intervalSeconds = environment.statsIntervalSeconds;
  }

  /** Only entries with a feed position can be folded. */
  prepare(tenantId: string): Promise<void> {
    return this.database.inLane('background', tenantId, () => assignPositionsIfFree(this.database, tenantId));
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const [row] = await rowsOf<{ entries: number }>(tx, FOLD_ACTIVITY, [tenantId, size]);
    return row?.entries ?? 0;
  }
}
