import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { Distributor } from '../distribution/distributor.js';
import { inBatches } from '../scheduling/in-batches.js';
import { Jobs } from '../scheduling/jobs.js';
import { expireBatch } from './expire-batch.js';
import { EXPIRY_BATCH } from './expire-grace-periods.js';
import { countExpirations } from './grace-metrics.js';

@Injectable()
export class GraceService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
    private readonly jobs: Jobs,
  ) {}

  /** Re-queues all that is due now in a tenant, batch by batch. @returns how many */
  expireNow(tenantId: string): Promise<number> {
    const isStopping = () => this.jobs.isStopping;
    return this.database.outsideTransaction(() =>
      inBatches(this.database, EXPIRY_BATCH, isStopping, (size) =>
        this.database.atomically(tenantId, () =>
          this.database.inTenant(tenantId, (tx) => this.expireDue(tx, tenantId, size)),
        ),
      ),
    );
  }

  /** Re-queues up to `size` due conversations; when that has committed, they are counted and distributed. */
  async expireDue(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const inboxIds = await expireBatch(tx, tenantId, size);
    await this.database.afterCommit(() => countExpirations(inboxIds.length));
    await this.distributor.afterFreeing(tenantId, { inboxIds });
    return inboxIds.length;
  }
}
