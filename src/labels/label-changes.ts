import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';

/** The largest number of conversations of one batch. It takes some 30 ms. */
const BATCH = 1_000;

/** A request carries out this many batches itself; the job does the rest. */
const BATCHES_OF_A_REQUEST = 4;

/** This calls a function because it reads across tenants. */
const TENANTS_WITH_LABEL_CHANGES = sql`select tenants_with_label_changes() as tenant_id`;

/** $1 tenant, $2 label or null for all, $3 conversations. The function change_labels does the work. */
const CHANGE_LABELS = sql`select change_labels($1, $2, $3) as done`;

/** Carries out, in batches, what a request began: it detaches a deleted label, and attaches a new one to what exists. */
@ScheduledJob()
@Injectable()
export class LabelChanges implements TenantJob {
  readonly name = 'label-changes';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_WITH_LABEL_CHANGES;
  readonly most = BATCH;

  constructor(
    private readonly database: Database,
    @Inject(ENVIRONMENT) environment: Environment,
  ) {
    this.intervalSeconds = environment.unfinishedChangesIntervalSeconds;
  }

  batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    return changeLabels(tx, tenantId, null, size);
  }

  /**
   * The first batches for one label, each in its own transaction.
   * @returns whether the job has to do the rest
   */
  async begin(tenantId: string, labelId: string): Promise<boolean> {
    for (let batch = 0; batch < BATCHES_OF_A_REQUEST; batch++) {
      const done = await this.database.inTenant(tenantId, (tx) => changeLabels(tx, tenantId, labelId, BATCH));
      if (done === 0) return false;
    }
    return true;
  }
}

async function changeLabels(
  tx: Transaction,
  tenantId: string,
  labelId: string | null,
  size: number,
): Promise<number> {
  const [row] = await rowsOf<{ done: number }>(tx, CHANGE_LABELS, [tenantId, labelId, size]);
  return row?.done ?? 0;
}
