import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { newIds } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import { DISTRIBUTE_WAITING, DISTRIBUTION_BATCH } from './distribute-waiting.js';

/** The tenants with waiting conversations in push inboxes. This calls a function because it reads across tenants. */
const TENANTS_WITH_UNDISTRIBUTED_CONVERSATIONS = sql`
  select tenants_with_undistributed_conversations() as tenant_id`;

/** Distributes conversations that a stopped instance left waiting although an operator is eligible. */
@ScheduledJob()
@Injectable()
export class DistributionSweep implements TenantJob {
  readonly name = 'distribution-sweep';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_WITH_UNDISTRIBUTED_CONVERSATIONS;
  readonly most = DISTRIBUTION_BATCH;

  constructor(@Inject(ENVIRONMENT) environment: Environment) {
    this.intervalSeconds = environment.distributionSweepIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const eventIds = newIds(size);
    const values = [tenantId, null, null, eventIds];
    const rows = await rowsOf<{ conversation_id: string | null }>(tx, DISTRIBUTE_WAITING, values);
    const isHeldUp = rows.some(({ conversation_id }) => conversation_id === null);
    return isHeldUp ? size : rows.length;
  }
}
