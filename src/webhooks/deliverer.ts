import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
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
import { SecretKeys } from '../secrets/secret-keys.js';
import { GuardedPost } from './guarded-post.js';
import { TENANTS_WITH_WEBHOOK_WORK } from './lease.js';
import { TenantShares } from './tenant-shares.js';
import { Turn } from './turn.js';
import { countHeldBack } from './webhook-metrics.js';

/** Webhooks with work that one search finds. */
const FOUND_AT_ONCE = 256;

/** The log names the tenants whose webhooks wait at most this often. */
const LOG_PAUSE_MS = 60_000;

interface WorkRow {
  tenant_id: string;
  webhook_id: string;
}

interface Work {
  readonly tenantId: string;
  readonly webhookId: string;
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
  private readonly turns = new Map<string, Promise<void>>();
  private readonly shares: TenantShares;
  /** Webhooks of the last search that have no turn yet. */
  private waiting: Work[] = [];
  private tried = 0;
  private loggedAt = -Infinity;
  private readonly stopping = new AbortController();
  private readonly handBack = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly guard: GuardedPost,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    private readonly secrets: SecretKeys,
  ) {
    const { intervalSeconds, turns } = environment.webhooks;
    this.intervalSeconds = intervalSeconds;
    // Each delivery that is being sent listens; Node would warn of a leak at 11.
    setMaxListeners(0, this.handBack.signal);
    this.shares = new TenantShares(turns, Math.floor(turns / 4));
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
    const before = this.tried;
    await this.run();
    while (this.turns.size > 0) await Promise.race(this.turns.values());
    return this.tried - before;
  }

  /** Starts turns without waiting for them, so that new work does not wait for the slowest receiver. */
  async run(): Promise<void> {
    if (this.isStopping()) return;
    this.reportWaiting();
    const rows = await this.database.inLane('webhooks', null, () =>
      this.database.query<WorkRow>(null, TENANTS_WITH_WEBHOOK_WORK, [FOUND_AT_ONCE]),
    );
    this.waiting = rows
      .map(({ tenant_id, webhook_id }) => ({ tenantId: tenant_id, webhookId: webhook_id }))
      // A turn can have begun during the search.
      .filter(({ webhookId }) => !this.turns.has(webhookId));
    this.startTurns();
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  /** Tenants share the turns, so that slow receivers of one tenant do not delay the deliveries of the others. */
  private startTurns(): void {
    while (!this.isStopping()) {
      const work = this.shares.takeNext(this.waiting);
      if (work === undefined) return;
      this.startTurn(work);
    }
  }

  private startTurn({ tenantId, webhookId }: Work): void {
    const turn = new Turn(this.database, this.guard, this.secrets, {
      tenantId,
      webhookId,
      owner: this.owner,
      stopping: this.stopping.signal,
      handBack: this.handBack.signal,
    });
    const done = turn
      .run()
      .then((tried) => {
        this.tried += tried;
      })
      .catch((error: unknown) => {
        this.logger.error(
          { err: error, tenantId, webhookId },
          'a webhook was not served; the next run tries again',
        );
      })
      .finally(() => {
        this.turns.delete(webhookId);
        this.shares.giveBack({ tenantId });
        this.startTurns();
      });
    this.turns.set(webhookId, done);
  }

  /** What has waited since the last search. */
  private reportWaiting(): void {
    const { length } = this.waiting;
    countHeldBack(length);
    if (length === 0 || performance.now() < this.loggedAt + LOG_PAUSE_MS) return;
    this.loggedAt = performance.now();
    const tenants = [...new Set(this.waiting.map(({ tenantId }) => tenantId))].slice(0, 10);
    this.logger.warn({ webhooks: length, tenants }, 'webhooks wait for a turn, because receivers are slow');
  }
}
