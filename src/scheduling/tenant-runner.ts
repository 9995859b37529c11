import { Logger } from '@nestjs/common';
import type { Database, Transaction } from '../database/database.js';
import { isServerThere } from '../database/failure.js';
import { setTenantOnNodes } from '../database/set-tenant.js';
import { rowsOf, sql, type Statement } from '../database/statement.js';
import { inBatches } from './in-batches.js';
import type { Job, TenantJob } from './job.js';
import { countTenantFailure } from './job-metrics.js';

/** A job runs again later, so it waits only briefly for a lock. This also limits the delay for the other tenants. */
const LOCK_TIMEOUT_MS = 500;
/**
 * A run ends after this many consecutive failures without a response from PostgreSQL, because then the database is the
 * cause and not the tenant.
 */
const SILENT_FAILURES = 2;
/**
 * After a failure a tenant skips 1, 3, 7 and then this many runs, so that a tenant that always fails costs the others
 * little.
 */
const MOST_RUNS_OUT = 15;

/**
 * Starts a batch: sets the tenant, limits waits for locks, and takes the lock by which one instance at a time does
 * this job for this tenant. A tenant that was suspended meanwhile is nobody's. $1 tenant, $2 job, $3 milliseconds, $4
 * whether the job works for suspended tenants
 */
const BEGIN_BATCH = sql`
  select set_config('app.tenant_id', $1::uuid::text, true), set_config('lock_timeout', $3, true),
    pg_try_advisory_xact_lock(hashtextextended($1::text || ' ' || $2, 5))
      and ($4::boolean or $1::uuid <> all (array(select suspended_tenants()))) as is_ours`;

/** The tenants that are not suspended. */
function awake(tenants: Statement): Statement {
  return sql`
    select tenant_id from (${tenants.text}) due where tenant_id <> all (array(select suspended_tenants()))`;
}

/**
 * Runs a job for one tenant after the other. When it fails for a tenant, the log names the tenant, the tenant skips
 * some runs, and the others are served.
 */
export class TenantRunner implements Job {
  readonly name: string;
  readonly intervalSeconds: number;
  private readonly logger: Logger;
  private readonly failing = new Map<string, { failures: number; runsOut: number }>();

  constructor(
    private readonly database: Database,
    private readonly job: TenantJob,
    private readonly isStopping: () => boolean,
  ) {
    this.name = job.name;
    this.intervalSeconds = job.intervalSeconds;
    this.logger = new Logger(job.name);
  }

  /**
   * Does all the work that is due.
   * @returns the work done
   */
  async run(): Promise<number> {
    let done = 0;
    let silent = 0;
    for (const tenantId of await this.tenants()) {
      if (this.isStopping()) break;
      if (this.sitsOut(tenantId)) continue;
      try {
        done += await this.runFor(tenantId);
        this.failing.delete(tenantId);
        silent = 0;
      } catch (error) {
        this.failed(tenantId, error);
        silent = isServerThere(error) ? 0 : silent + 1;
        if (silent === SILENT_FAILURES) throw error;
      }
    }
    return done;
  }

  private async tenants(): Promise<string[]> {
    const { tenants, worksWhileSuspended = false } = this.job;
    const rows = await this.database.inLane('background', null, () =>
      this.database.query<{ tenant_id: string }>(null, worksWhileSuspended ? tenants : awake(tenants), []),
    );
    return rows.map(({ tenant_id }) => tenant_id);
  }

  private runFor(tenantId: string): Promise<number> {
    const { job, database } = this;
    const batch = async (size: number) => {
      await job.prepare?.(tenantId);
      return database.inLane('background', tenantId, () =>
        database.atomically(tenantId, async (tx) =>
          (await this.isOurs(tx, tenantId)) ? job.batch(tx, tenantId, size) : 0,
        ),
      );
    };
    return inBatches(database, job.most, this.isStopping, batch, { rests: job.rests === true });
  }

  private async isOurs(tx: Transaction, tenantId: string): Promise<boolean> {
    const { worksWhileSuspended = false } = this.job;
    const values = [tenantId, this.name, String(LOCK_TIMEOUT_MS), worksWhileSuspended];
    const [row] = await rowsOf<{ is_ours: boolean }>(tx, BEGIN_BATCH, values);
    if (row?.is_ours !== true) return false;
    await setTenantOnNodes(tx, tenantId);
    return true;
  }

  private sitsOut(tenantId: string): boolean {
    const state = this.failing.get(tenantId);
    if (state === undefined || state.runsOut === 0) return false;
    state.runsOut--;
    return true;
  }

  private failed(tenantId: string, error: unknown): void {
    const failures = (this.failing.get(tenantId)?.failures ?? 0) + 1;
    this.failing.set(tenantId, { failures, runsOut: Math.min(2 ** failures - 1, MOST_RUNS_OUT) });
    countTenantFailure(this.name);
    this.logger.error(
      { err: error, job: this.name, tenantId },
      'the job failed for a tenant; a later run tries again',
    );
  }
}
