import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import { EXPIRY_BATCH, TENANTS_WITH_DUE_GRACE_PERIODS } from './expire-grace-periods.js';
import { GraceService } from './grace.service.js';

/** Queues conversations again whose grace period has ended. */
@ScheduledJob()
@Injectable()
export class GraceExpiry implements TenantJob {
  readonly name = 'grace-expiry';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_WITH_DUE_GRACE_PERIODS;
  readonly most = EXPIRY_BATCH;

  constructor(
    private readonly grace: GraceService,
    @Inject(ENVIRONMENT) environment: Environment,
  ) {
    this.intervalSeconds = environment.graceExpiryIntervalSeconds;
  }

  batch(_tx: Transaction, tenantId: string, size: number): Promise<number> {
    return this.grace.expireDue(tenantId, size);
  }
}
