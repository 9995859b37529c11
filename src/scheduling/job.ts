import { DiscoveryService } from '@nestjs/core';
import type { Transaction } from '../database/database.js';
import type { Statement } from '../database/statement.js';

/** Marks a provider as a job, so that `Jobs` finds and runs it. */
export const ScheduledJob = DiscoveryService.createDecorator();

/** Background work that repeats on every instance. */
export interface Job {
  /** The name in the log, in metrics and in alerts. */
  readonly name: string;
  /** The pause between two runs; 0 disables the job. */
  readonly intervalSeconds: number;
  run(): Promise<unknown>;
}

/** A job that does the same work for each tenant. `TenantRunner` runs its batches. */
export interface TenantJob extends Omit<Job, 'run'> {
  /** Selects the tenants with work, as `tenant_id`. It calls a function, because it reads across tenants. */
  readonly tenants: Statement;
  /** The largest batch. It should take some ten milliseconds on an idle machine. */
  readonly most: number;
  /** Nobody waits for it: after each batch it rests for as long as the batch took, also on an idle instance. */
  readonly rests?: true;
  /** Also for suspended tenants. The work of other jobs rests until the tenant is not suspended any more. */
  readonly worksWhileSuspended?: true;
  /** Runs before the transaction of a batch, for work that must be committed first. */
  prepare?(tenantId: string): Promise<void>;
  /**
   * Does up to `size` units of the work of a tenant. It can run again when its outcome is unknown.
   * @param tx reads that tenant only; `Database.afterCommit` works inside of it
   * @returns the work done; less than `size` means that nothing is left
   */
  batch(tx: Transaction, tenantId: string, size: number): Promise<number>;
}
