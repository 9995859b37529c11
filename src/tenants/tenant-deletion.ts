import { Inject, Injectable, Logger } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';

/** This calls a function because it reads across tenants. */
const TENANTS_TO_DELETE = sql`select tenants_to_delete() as tenant_id`;

/** What still adds rows waits, and then finds that the tenant is gone. */
const LOCK_TENANT = sql`select 1 from tenants where id = $1 for update`;

/** $1 tenant, $2 rows. The function of this name does the work. */
const DELETE_TENANT_ROWS = sql`select delete_tenant_rows($1, $2) as done`;

/** Deletes all rows of deleted tenants. After a crash it goes on with what is left. */
@ScheduledJob()
@Injectable()
export class TenantDeletion implements TenantJob {
  readonly name = 'tenant-deletion';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_TO_DELETE;
  readonly most = 1_000;
  readonly rests = true;
  readonly worksWhileSuspended = true;
  private readonly logger = new Logger(TenantDeletion.name);

  constructor(
    private readonly database: Database,
    @Inject(ENVIRONMENT) environment: Environment,
  ) {
    this.intervalSeconds = environment.unfinishedChangesIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    await rowsOf(tx, LOCK_TENANT, [tenantId]);
    const [row] = await rowsOf<{ done: number }>(tx, DELETE_TENANT_ROWS, [tenantId, size]);
    const done = row?.done ?? 0;
    // Its audit is gone too, so only the log still tells of it.
    if (done < size) await this.database.afterCommit(() => this.logger.log({ tenantId }, 'a tenant is gone'));
    return done;
  }
}
