import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';

/** This calls a function because it reads across tenants. */
const TENANTS_WITH_DELETED_WEBHOOKS = sql`select tenants_with_deleted_webhooks() as tenant_id`;

/** The largest number of deliveries of one batch. It takes some 30 ms. */
export const DELETION_BATCH = 1_000;

/** $1 tenant, $2 deliveries. The function delete_webhooks does the work. */
export const DELETE_WEBHOOKS = sql`select delete_webhooks($1, $2) as done`;

/** Deletes the deliveries of deleted webhooks, and then these. */
@ScheduledJob()
@Injectable()
export class WebhookDeletion implements TenantJob {
  readonly name = 'webhook-deletion';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_WITH_DELETED_WEBHOOKS;
  readonly most = DELETION_BATCH;

  constructor(@Inject(ENVIRONMENT) environment: Environment) {
    this.intervalSeconds = environment.unfinishedChangesIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const [row] = await rowsOf<{ done: number }>(tx, DELETE_WEBHOOKS, [tenantId, size]);
    return row?.done ?? 0;
  }
}
