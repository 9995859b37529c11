import { Inject, Injectable, Logger } from '@nestjs/common';
import { register, Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { measurePool } from '../database/pool-metrics.js';
import { BacklogGauges } from './backlog-gauges.js';
import { readBacklog } from './read-backlog.js';

/** A scrape waits so long for the database and then goes without it. */
const PATIENCE_MS = 500;
/** So much older than `intervalSeconds` may be what is told while a measurement takes its time. */
const STALE_AFTER_MS = 30_000;

/**
 * What Prometheus is told. Each room counts and times what it does where it does it; here comes what has to be looked
 * up: the pool, and what waits in the database. That is asked only when somebody scrapes, and not again for some seconds.
 */
@Injectable()
export class Metrics {
  private readonly logger = new Logger(Metrics.name);
  /** Of this application. What the rooms count belongs to the process. */
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
    measurePool(source, this.registry);
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
      // Where everybody may look, nobody is told the ids of a tenant.
      const inboxes = token === null ? 0 : this.environment.metrics.inboxes;
      const { backlog, waiting } = await this.database.atomically((tx) => readBacklog(tx, inboxes));
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

/** Resolves with the work, or without it when it takes longer. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([work, patience]);
  clearTimeout(timer);
}
