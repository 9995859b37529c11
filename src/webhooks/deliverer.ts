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

/** Webhooks that an instance serves at once: a slow receiver holds up nobody but itself. */
const AT_ONCE = 16;

interface Work {
  tenant_id: string;
  webhook_id: string;
}

/** Tells receivers what changed. Any number of instances may run it at once; each webhook is served by one of them. */
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

  /** What is on its way gets half of the time there is to stop; then it is handed back. */
  beforeApplicationShutdown(): void {
    this.stopping.abort();
    const milliseconds = this.environment.shutdownTimeoutSeconds * 500;
    setTimeout(() => this.handBack.abort(), milliseconds).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.turns.values());
  }

  /** Delivers what is due now, and waits for it. @returns how many deliveries were tried */
  async runOnce(): Promise<number> {
    await this.run();
    const tried = await Promise.all(this.turns.values());
    return tried.reduce((sum, count) => sum + count, 0);
  }

  /** Starts turns and does not wait for them: new work must not wait for the slowest receiver. */
  async run(): Promise<void> {
    const free = AT_ONCE - this.turns.size;
    if (this.isStopping() || free <= 0) return;
    const work = await this.database.inLane('webhooks', null, () =>
      this.database.query<Work>(null, TENANTS_WITH_WEBHOOK_WORK, [free]),
    );
    // It may have begun to stop while the database was asked.
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
