import { randomUUID } from 'node:crypto';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { ScheduledJob, type Job } from '../scheduling/job.js';
import { GuardedPost } from './guarded-post.js';
import { TENANTS_WITH_WEBHOOK_WORK } from './lease.js';
import { Turn } from './turn.js';

/** Webhooks that one instance serves at the same time, so that a slow receiver delays only its own deliveries. */
const AT_ONCE = 16;

interface Work {
  tenant_id: string;
  webhook_id: string;
}

/**
 * Sends events to the webhooks of tenants. Every instance can run it; a lease makes sure that one instance at a time
 * serves a webhook.
 */
@ScheduledJob()
@Injectable()
export class Deliverer implements Job, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly name = 'webhook-delivery';
  readonly intervalSeconds: number;
  private readonly logger = new Logger(Deliverer.name);
  private readonly owner = randomUUID();
  private readonly turns = new Map<string, Promise<number>>();
  private readonly stopping = new AbortController();
  private readonly handBack = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly guard: GuardedPost,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {
    this.intervalSeconds = environment.webhooks.intervalSeconds;
  }

  /** Deliveries that are being sent get half of the time that a shutdown may take. Then they are handed back. */
  beforeApplicationShutdown(): void {
    this.stopping.abort();
    const milliseconds = this.environment.shutdownTimeoutSeconds * 500;
    setTimeout(() => this.handBack.abort(), milliseconds).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.turns.values());
  }

  /**
   * Serves all webhooks that have work, and waits for the result.
   * @returns the number of deliveries that were tried
   */
  async runOnce(): Promise<number> {
    await this.run();
    const tried = await Promise.all(this.turns.values());
    return tried.reduce((sum, count) => sum + count, 0);
  }

  /** Starts turns without waiting for them, so that new work does not wait for the slowest receiver. */
  async run(): Promise<void> {
    const free = AT_ONCE - this.turns.size;
    if (this.isStopping() || free <= 0) return;
    const work = await this.database.inLane('webhooks', null, () =>
      this.database.query<Work>(null, TENANTS_WITH_WEBHOOK_WORK, [free]),
    );
    // The shutdown can begin during the query.
    if (this.isStopping()) return;
    for (const { tenant_id, webhook_id } of work) this.startTurn(tenant_id, webhook_id);
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private startTurn(tenantId: string, webhookId: string): void {
    if (this.turns.has(webhookId)) return;
    const turn = new Turn(this.database, this.guard, {
      tenantId,
      webhookId,
      owner: this.owner,
      stopping: this.stopping.signal,
      handBack: this.handBack.signal,
    });
    const done = turn
      .run()
      .catch((error: unknown) => {
        this.logger.error(
          { err: error, tenantId, webhookId },
          'a webhook was not served; the next run tries again',
        );
        return 0;
      })
      .finally(() => this.turns.delete(webhookId));
    this.turns.set(webhookId, done);
  }
}
