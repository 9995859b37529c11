import { randomUUID } from 'node:crypto';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { Periodic } from '../scheduling/periodic.js';
import { GuardedPost } from './guarded-post.js';
import { TENANTS_WITH_WEBHOOK_WORK } from './lease.js';
import { Turn } from './turn.js';

/** So many webhooks an instance serves at once: a receiver that takes its time holds up nobody but itself. */
const AT_ONCE = 16;

interface Work {
  tenant_id: string;
  webhook_id: string;
}

/** Tells receivers what changed. Any number of instances may run it at once; each webhook is served by one of them. */
@Injectable()
export class Deliverer implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger(Deliverer.name);
  private readonly owner = randomUUID();
  private readonly turns = new Map<string, Promise<number>>();
  private readonly stopping = new AbortController();
  private readonly handBack = new AbortController();
  private timer: Periodic;

  constructor(
    private readonly database: Database,
    private readonly guard: GuardedPost,
    private readonly scheduler: SchedulerRegistry,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  onModuleInit(): void {
    const seconds = this.environment.webhooks.intervalSeconds;
    this.timer = new Periodic(this.scheduler, Deliverer.name, seconds, () => this.startTurns());
  }

  /** What is on its way gets half of the time there is to stop; then it is handed back. */
  beforeApplicationShutdown(): void {
    this.stopping.abort();
    const milliseconds = this.environment.shutdownTimeoutSeconds * 500;
    setTimeout(() => this.handBack.abort(), milliseconds).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.timer.stop();
    await Promise.all(this.turns.values());
  }

  /** Delivers what is due now, and waits for it. @returns how many deliveries were tried */
  async runOnce(): Promise<number> {
    await this.startTurns();
    const tried = await Promise.all(this.turns.values());
    return tried.reduce((sum, count) => sum + count, 0);
  }

  /** Does not wait for them: new work must not wait for the slowest receiver. */
  private async startTurns(): Promise<void> {
    const free = AT_ONCE - this.turns.size;
    if (this.stopping.signal.aborted || free <= 0) return;
    const work = await this.database.look<Work>(TENANTS_WITH_WEBHOOK_WORK, [free]);
    for (const { tenant_id, webhook_id } of work) this.startTurn(tenant_id, webhook_id);
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
