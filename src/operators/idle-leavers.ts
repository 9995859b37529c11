import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';

/** This calls a function because it reads across tenants. */
const TENANTS_WITH_IDLE_LEAVERS = sql`select tenants_with_idle_leavers() as tenant_id`;

const IDLE_LEAVERS = sql`
  select o.id from operators o
  where o.tenant_id = $1 and o.next_status is not null and not exists (
    select 1 from conversations c
    where c.tenant_id = $1 and c.assigned_operator_id = o.id and c.state = 'ALLOCATED' offset 0)
  order by o.id
  limit $2`;

/** $1 tenant, $2 operator, $3 id of the ledger entry. The function of the same name does the work. */
const LEAVE_WHEN_IDLE = sql`select leave_when_idle($1, $2, $3)`;

/**
 * Makes operators OFFLINE who asked for that and hold nothing any more. Whatever takes a conversation from them does so
 * at once; this is for what a stopped instance left behind.
 */
@ScheduledJob()
@Injectable()
export class IdleLeavers implements TenantJob {
  readonly name = 'idle-leavers';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_WITH_IDLE_LEAVERS;
  readonly most = 100;

  constructor(@Inject(ENVIRONMENT) environment: Environment) {
    this.intervalSeconds = environment.unfinishedChangesIntervalSeconds;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const leavers = await rowsOf<{ id: string }>(tx, IDLE_LEAVERS, [tenantId, size]);
    for (const { id } of leavers) await rowsOf(tx, LEAVE_WHEN_IDLE, [tenantId, id, newId()]);
    return leavers.length;
  }
}
