import { Inject, Injectable, Logger } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import { changeStatus } from './change-status.js';
import { Leaving } from './leaving.js';

/** This calls a function because it reads across tenants. */
const TENANTS_TO_SWEEP_PRESENCES = sql`select tenants_to_sweep_presences() as tenant_id`;

/** $1 tenant, $2 seconds after which the last sweep is too long ago. The function of the same name does the work. */
const MARK_PRESENCE_SWEEP = sql`select mark_presence_sweep($1, $2) as continued`;

const ARE_ABSENT = sql`
  select exists (
    select 1 from operators o
    where o.tenant_id = $1 and o.availability <> 'OFFLINE' and not exists (
      select 1 from operator_presence p
      where p.tenant_id = $1 and p.operator_id = o.id and p.present_until > clock_timestamp())) as absent`;

/** Locks up to $2 operators whose presence has ended, and leaves out whom others have locked. */
const LOCK_ABSENT = sql`
  select o.id from operators o
  where o.tenant_id = $1 and o.availability <> 'OFFLINE' and not exists (
    select 1 from operator_presence p
    where p.tenant_id = $1 and p.operator_id = o.id and p.present_until > clock_timestamp())
  order by o.id
  limit $2
  for no key update of o skip locked`;

/**
 * Those of the locked operators $2 who are still not present: a renewal that came first wins. With their last sign of
 * life.
 */
export const STILL_ABSENT = sql`
  select o.id, coalesce(p.present_until - t.presence_timeout_seconds * interval '1 second', o.last_status_change_at) as since
  from operators o
  join tenants t on t.id = o.tenant_id and t.presence_timeout_seconds is not null
  left join operator_presence p on p.tenant_id = o.tenant_id and p.operator_id = o.id
  where o.tenant_id = $1 and o.id = any ($2::uuid[]) and coalesce(p.present_until <= clock_timestamp(), true)
  order by o.id`;

/** After this number of intervals without a sweep there was an outage. */
const OUTAGE_INTERVALS = 3;
/** With a short interval: after this time. */
const OUTAGE_SECONDS = 15;

/** Makes operators OFFLINE who gave no sign of life in time. */
@ScheduledJob()
@Injectable()
export class PresenceSweep implements TenantJob {
  readonly name = 'presence-sweep';
  readonly intervalSeconds: number;
  readonly tenants = TENANTS_TO_SWEEP_PRESENCES;
  readonly most = 20;
  private readonly logger = new Logger(PresenceSweep.name);

  constructor(
    private readonly database: Database,
    private readonly leaving: Leaving,
    @Inject(ENVIRONMENT) environment: Environment,
  ) {
    this.intervalSeconds = environment.presenceSweepIntervalSeconds;
  }

  /** Committed by itself, so that a tenant whose sweep fails does not look like an outage. */
  async prepare(tenantId: string): Promise<void> {
    const seconds = Math.max(OUTAGE_INTERVALS * this.intervalSeconds, OUTAGE_SECONDS);
    const [marked] = await this.database.inLane('background', tenantId, () =>
      this.database.query<{ continued: number }>(tenantId, MARK_PRESENCE_SWEEP, [tenantId, seconds]),
    );
    const continued = marked?.continued ?? 0;
    if (continued > 0)
      this.logger.log({ tenantId, continued }, 'presences continue after a time without sweeps');
  }

  batch(_tx: Transaction, tenantId: string, size: number): Promise<number> {
    return this.database.inTenant(tenantId, (tx) => this.sweep(tx, tenantId, size));
  }

  private async sweep(tx: Transaction, tenantId: string, size: number): Promise<number> {
    const [any] = await rowsOf<{ absent: boolean }>(tx, ARE_ABSENT, [tenantId]);
    if (any?.absent !== true) return 0;
    // The held conversations can become QUEUED at once. The ranking is locked before the operator (docs/adr/0003).
    await rowsOf(tx, SHARE_RANKING, [tenantId]);
    const locked = await rowsOf<{ id: string }>(tx, LOCK_ABSENT, [tenantId, size]);
    const ids = locked.map(({ id }) => id);
    for (const { id, since } of await rowsOf<{ id: string; since: Date }>(tx, STILL_ABSENT, [
      tenantId,
      ids,
    ])) {
      const reason = `No sign of life since ${since.toISOString()}`;
      await changeStatus(tx, tenantId, {
        operatorId: id,
        status: 'OFFLINE',
        reason,
        next: null,
        actor: { type: 'SYSTEM', id: null },
        why: reason,
      });
      await this.leaving.afterLeaving(tenantId, await this.leaving.leave(tenantId, id));
    }
    return locked.length;
  }
}
