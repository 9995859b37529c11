import { DiscoveryService } from '@nestjs/core';
import type { Transaction } from '../database/database.js';
import type { Statement } from '../database/statement.js';

/** Marks a provider as a job: `Jobs` finds it and runs it. */
export const ScheduledJob = DiscoveryService.createDecorator();

/** Background work that runs again and again on every instance. */
export interface Job {
  /** In the log, in metrics and in alerts. */
  readonly name: string;
  /** Pause between two runs; 0 switches them off. */
  readonly intervalSeconds: number;
  run(): Promise<unknown>;
}

/** A job that does the same for each tenant. What runs around the batches is in `TenantRunner`. */
export interface TenantJob extends Omit<Job, 'run'> {
  /** The tenants that have something to do, as `tenant_id`. Looks across tenants, so it is a function of its own. */
  readonly tenants: Statement;
  /** The largest batch. It should take some ten milliseconds on an idle machine. */
  readonly most: number;
  /** What a batch needs to be committed before its transaction begins. */
  prepare?(tenantId: string): Promise<void>;
  /**
   * Does up to `size` of the work of a tenant. May run again when its outcome is unknown.
   * @param tx sees that tenant only; `Database.afterCommit` works inside of it
   * @returns how much it did; less than `size` says that nothing is left
   */
  batch(tx: Transaction, tenantId: string, size: number): Promise<number>;
}
