import { Inject, Injectable, Logger } from '@nestjs/common';
import { register, Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { measurePool } from '../database/pool-metrics.js';
import { SecretKeys } from '../secrets/secret-keys.js';
import { BacklogGauges } from './backlog-gauges.js';
import { readBacklog } from './read-backlog.js';

/** The longest time that a scrape waits for the database. After that the response leaves out the backlog. */
const PATIENCE_MS = 500;
/** When a measurement is slow, the previous one is shown until it is older than `intervalSeconds` plus this. */
const STALE_AFTER_MS = 30_000;

/**
 * The metrics for Prometheus. Each room counts and times its own work. This class adds the values that are read at a
 * scrape: the connection pool and the backlog of the database. The backlog is cached for some seconds.
 */
@Injectable()
export class Metrics {
  private readonly logger = new Logger(Metrics.name);
  /** The metrics of this application instance. The counters of the rooms belong to the process. */
  private readonly registry = new Registry();
  private readonly gauges: BacklogGauges | null;
  private measuring: Promise<void> | null = null;
  /** In milliseconds of the process's monotonic clock. */
  private startedAt = -Infinity;
  private shownAt = -Infinity;

  constructor(
    private readonly database: Database,
    source: DataSource,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    keys: SecretKeys,
  ) {
    measurePool(source, database.lanes, this.registry);
    this.gauges = this.intervalMs === 0 ? null : new BacklogGauges(this.registry, keys);
  }

  /** Returns within a second, whatever the database does. */
  async text(): Promise<string> {
    if (this.gauges !== null) await this.refreshBacklog(this.gauges);
    return (await Promise.all([register.metrics(), this.registry.metrics()])).join('\n');
  }

  private async refreshBacklog(gauges: BacklogGauges): Promise<void> {
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
      // Without a token everybody can read the metrics, so they must not name the inboxes of tenants.
      const inboxes = token === null ? 0 : this.environment.metrics.inboxes;
      gauges.show(await this.database.atomically(null, (tx) => readBacklog(tx, inboxes)));
      this.shownAt = performance.now();
    } catch (error) {
      gauges.hide();
      this.logger.warn({ err: error }, 'the backlog of the database could not be measured');
    }
  }

  private get intervalMs(): number {
    return this.environment.metrics.intervalSeconds * 1_000;
  }
}

/** Resolves when the work is done or the time is over. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([work, patience]);
  clearTimeout(timer);
}
