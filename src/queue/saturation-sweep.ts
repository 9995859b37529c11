import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import { MARK_SATURATED, SATURATION_BATCH, TENANTS_TO_SATURATE } from './mark-saturated.js';
import { SHARE_RANKING } from './share-ranking.js';

/** Marks waiting conversations whose delay passed the cap. */
@ScheduledJob()
@Injectable()
export class SaturationSweep implements TenantJob {
  readonly name = 'saturation-sweep';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_TO_SATURATE;
  readonly most = SATURATION_BATCH;

  constructor(@Inject(ENVIRONMENT) environment: Environment) {
    this.intervalSeconds = environment.saturationSweepIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    await rowsOf(tx, SHARE_RANKING, [tenantId]);
    return (await rowsOf(tx, MARK_SATURATED, [tenantId, size])).length;
  }
}
