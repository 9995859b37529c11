import { Logger } from '@nestjs/common';
import type { Database, Transaction } from '../database/database.js';
import { rowsOf, type Statement } from '../database/statement.js';
import { assignPositionsIfFree } from '../ledger/assign-positions.js';
import {
  CLEAN_DELIVERIES,
  DISABLE_WEBHOOK,
  DUE_DELIVERIES,
  GONE,
  headersOf,
  outcomeOf,
  RECORD_ATTEMPT,
  type DueDelivery,
} from './attempt.js';
import { fanOut } from './fan-out.js';
import type { GuardedPost } from './guarded-post.js';
import { countAttempt } from './webhook-metrics.js';
import { RELEASE_LEASE, RENEW_EVERY_MS, RENEW_LEASE, TAKE_LEASE } from './lease.js';

/** Deliveries of one webhook that are on their way at once. */
const AT_ONCE = 4;
/** After that it is the turn of others, who may have waited. */
const TURN_MS = 10_000;
const CLEANED_AT_ONCE = 1_000;

export interface TurnOptions {
  readonly tenantId: string;
  readonly webhookId: string;
  /** This instance. */
  readonly owner: string;
  /** From then on nothing is begun. */
  readonly stopping: AbortSignal;
  /** From then on nothing is waited for: what is on its way is handed back, and due at once. */
  readonly handBack: AbortSignal;
}

/** One webhook is served: what is due is delivered, what is new becomes due, what is old is cleaned. */
export class Turn {
  private readonly onTheirWay = new Map<string, Promise<void>>();
  private readonly startedAt = performance.now();
  private tried = 0;
  private over = false;
  private failure: Error | null = null;

  constructor(
    private readonly database: Database,
    private readonly guard: GuardedPost,
    private readonly options: TurnOptions,
  ) {}

  /** @returns how many deliveries were tried; none when another instance serves it */
  async run(): Promise<number> {
    if ((await this.statement(TAKE_LEASE, this.options.owner)).length === 0) return 0;
    const beat = setInterval(() => void this.renew(), RENEW_EVERY_MS);
    try {
      await this.deliver();
      await this.clean();
    } finally {
      await Promise.all(this.onTheirWay.values());
      clearInterval(beat);
      await this.statement(RELEASE_LEASE, this.options.owner);
    }
    return this.tried;
  }

  /** Begins in the order of the feed, a few at once, until nothing is due any more. */
  private async deliver(): Promise<void> {
    for (;;) {
      for (const delivery of await this.next(AT_ONCE - this.onTheirWay.size)) {
        this.begin(delivery);
      }
      if (this.onTheirWay.size === 0) break;
      await Promise.race(this.onTheirWay.values());
    }
    if (this.failure !== null) throw this.failure;
  }

  /** Nobody may be waiting when one fails, so what went wrong is kept. */
  private begin(delivery: DueDelivery): void {
    const done = this.attempt(delivery)
      .catch((error: unknown) => {
        this.failure = error as Error;
        this.over = true;
      })
      .finally(() => this.onTheirWay.delete(delivery.id));
    this.onTheirWay.set(delivery.id, done);
  }

  /** What is due; when there is nothing, the next of the feed. */
  private async next(count: number): Promise<DueDelivery[]> {
    const { tenantId, webhookId, owner } = this.options;
    for (;;) {
      if (this.isOver()) return [];
      const known = [...this.onTheirWay.keys()];
      const due = await this.statement<DueDelivery>(DUE_DELIVERIES, owner, count, known);
      if (due.length > 0) return due;
      const moved = await this.inLane(async () => {
        await assignPositionsIfFree(this.database, tenantId);
        return this.database.inTenant(tenantId, (tx) => fanOut(tx, tenantId, webhookId, owner));
      });
      if (!moved) return [];
    }
  }

  private async attempt(delivery: DueDelivery): Promise<void> {
    const { tenantId, webhookId, handBack } = this.options;
    const response = await this.guard.post(delivery.url, headersOf(delivery), delivery.body, handBack);
    if (handBack.aborted && response.status === null) return;
    this.tried++;
    const { fate, values } = outcomeOf(delivery, response);
    await this.inTenant(async (tx) => {
      const webhook = [tenantId, webhookId];
      if (response.status === GONE) {
        const reason = 'The receiver answered 410 Gone';
        await rowsOf(tx, DISABLE_WEBHOOK, [...webhook, delivery.url, reason]);
      }
      await rowsOf(tx, RECORD_ATTEMPT, [...webhook, delivery.id, ...values]);
    });
    countAttempt(fate);
    if (response.status === GONE) {
      this.over = true;
      new Logger(Turn.name).warn({ tenantId, webhookId }, 'the receiver is gone: the webhook is disabled');
    }
  }

  private async clean(): Promise<void> {
    while (!this.isOver()) {
      const cleaned = await this.statement(CLEAN_DELIVERIES, CLEANED_AT_ONCE);
      if (cleaned.length < CLEANED_AT_ONCE) return;
    }
  }

  /** After a lease that could not be renewed in time, the webhook is another instance's: nothing more is begun. */
  private async renew(): Promise<void> {
    const renewed = await this.statement(RENEW_LEASE, this.options.owner).catch(() => null);
    if (renewed?.length === 0) this.over = true;
  }

  private isOver(): boolean {
    return this.over || this.options.stopping.aborted || performance.now() - this.startedAt > TURN_MS;
  }

  /** Of this webhook. */
  private statement<Row extends object>(statement: Statement, ...values: unknown[]): Promise<Row[]> {
    const { tenantId, webhookId } = this.options;
    return this.inTenant((tx) => rowsOf<Row>(tx, statement, [tenantId, webhookId, ...values]));
  }

  private inTenant<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.inLane(() => this.database.inTenant(this.options.tenantId, work));
  }

  private inLane<T>(work: () => Promise<T>): Promise<T> {
    return this.database.inLane('webhooks', this.options.tenantId, work);
  }
}
