import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';

/** This calls a function because it reads across tenants. */
const TENANTS_WITH_ATTENDANCE_CHANGES = sql`select tenants_with_attendance_changes() as tenant_id`;

/** $1 tenant, $2 ids of ledger entries, whose number limits the batch. The function of the same name does the work. */
const SWEEP_ATTENDANCE = sql`select sweep_attendance($1, $2) as swept`;

/** Reports inboxes in which something waits and nobody is there, and that somebody is there again. */
@ScheduledJob()
@Injectable()
export class Attendance implements TenantJob {
  readonly name = 'attendance';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_WITH_ATTENDANCE_CHANGES;
  readonly most = 500;

  constructor(@Inject(ENVIRONMENT) environment: Environment) {
    this.intervalSeconds = environment.waitSweepIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const eventIds = Array.from({ length: size }, () => newId());
    const [row] = await rowsOf<{ swept: number }>(tx, SWEEP_ATTENDANCE, [tenantId, eventIds]);
    return row?.swept ?? 0;
  }
}
