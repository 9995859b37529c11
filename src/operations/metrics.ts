import { Inject, Injectable, Logger } from '@nestjs/common';
import { register, Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { measurePool } from '../database/pool-metrics.js';
import { BacklogGauges } from './backlog-gauges.js';
import { readBacklog } from './read-backlog.js';

/** Longest wait of a scrape for the database. After that the response goes without it. */
const PATIENCE_MS = 500;
/** While a measurement takes its time, the last one may be this much older than `intervalSeconds`. */
const STALE_AFTER_MS = 30_000;

/**
 * The metrics for Prometheus. Each room counts and times its own work; here are the values that are read when somebody
 * scrapes: those of the pool, and of what waits in the database, which are not read again for some seconds.
 */
@Injectable()
export class Metrics {
  private readonly logger = new Logger(Metrics.name);
  /** Metrics of this application. What the rooms count belongs to the process. */
  private readonly registry = new Registry();
  private readonly gauges: BacklogGauges | null;
  private measuring: Promise<void> | null = null;
  /** In milliseconds of the process's own clock. */
  private startedAt = -Infinity;
  private shownAt = -Infinity;

  constructor(
    private readonly database: Database,
    source: DataSource,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {
    measurePool(source, database.lanes, this.registry);
    this.gauges = this.intervalMs === 0 ? null : new BacklogGauges(this.registry);
  }

  /** Whatever the database does, this comes within a second. */
  async text(): Promise<string> {
    if (this.gauges !== null) await this.lookAtBacklog(this.gauges);
    return (await Promise.all([register.metrics(), this.registry.metrics()])).join('\n');
  }

  private async lookAtBacklog(gauges: BacklogGauges): Promise<void> {
    const now = performance.now();
    if (this.measuring === null && now - this.startedAt >= this.intervalMs) {
      this.startedAt = now;
      this.measuring = this.measure(gauges).finally(() => (this.measuring = null));
    }
    if (this.measuring === null) return;
    await within(PATIENCE_MS, this.measuring);
    if (performance.now() - this.shownAt > this.intervalMs + STALE_AFTER_MS) gauges.hide();
  }

  private async measure(gauges: BacklogGauges): Promise<void> {
    try {
      const { token } = this.environment.metrics;
      // Metrics that everybody may read name no inbox of a tenant.
      const inboxes = token === null ? 0 : this.environment.metrics.inboxes;
      const { backlog, waiting } = await this.database.atomically(null, (tx) => readBacklog(tx, inboxes));
      gauges.show(backlog, waiting);
      this.shownAt = performance.now();
    } catch (error) {
      gauges.hide();
      this.logger.warn({ err: error }, 'what waits in the database could not be measured');
    }
  }

  private get intervalMs(): number {
    return this.environment.metrics.intervalSeconds * 1_000;
  }
}

/** Resolves when the work is done, or when the time is over. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([work, patience]);
  clearTimeout(timer);
}
