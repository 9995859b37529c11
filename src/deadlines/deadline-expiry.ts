import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { sql } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import { EXPIRY_BATCH } from './expire-grace-periods.js';
import { Expiry } from './expiry.js';

/** The tenants with due deadlines. This calls a function because it reads across tenants. */
const TENANTS_WITH_DUE_DEADLINES = sql`select tenants_with_due_deadlines() as tenant_id`;

/** Ends the deadlines of every kind that are due. */
@ScheduledJob()
@Injectable()
export class DeadlineExpiry implements TenantJob {
  readonly name = 'deadline-expiry';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_WITH_DUE_DEADLINES;
  readonly most = EXPIRY_BATCH;

  constructor(
    private readonly expiry: Expiry,
    @Inject(ENVIRONMENT) environment: Environment,
  ) {
    this.intervalSeconds = environment.graceExpiryIntervalSeconds;
  }

  batch(_tx: Transaction, tenantId: string, size: number): Promise<number> {
    return this.expiry.expireDue(tenantId, size);
  }
}
