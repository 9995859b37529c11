import { Logger } from '@nestjs/common';
import { recordChange } from '../audit/record-change.js';
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
  secretsOf,
  UNSIGNED,
  type DueDelivery,
} from './attempt.js';
import type { SecretKeys } from '../secrets/secret-keys.js';
import { fanOut } from './fan-out.js';
import type { GuardedPost } from './guarded-post.js';
import { countAttempt } from './webhook-metrics.js';
import { RELEASE_LEASE, RENEW_EVERY_MS, RENEW_LEASE, TAKE_LEASE } from './lease.js';

/** Deliveries of one webhook that are sent at the same time. */
const AT_ONCE = 4;
/** After this time the instance serves other webhooks, which may be waiting. */
const TURN_MS = 10_000;
const CLEANED_AT_ONCE = 1_000;

export interface TurnOptions {
  readonly tenantId: string;
  readonly webhookId: string;
  /** This instance. */
  readonly owner: string;
  /** Aborts when no new delivery may begin. */
  readonly stopping: AbortSignal;
  /** Aborts when deliveries that are being sent must be handed back. They are due again at once. */
  readonly handBack: AbortSignal;
}

/** One turn of serving a webhook: delivers what is due, turns new events into deliveries and deletes old deliveries. */
export class Turn {
  private readonly inFlight = new Map<string, Promise<void>>();
  private readonly startedAt = performance.now();
  private tried = 0;
  private over = false;
  private failure: Error | null = null;

  constructor(
    private readonly database: Database,
    private readonly guard: GuardedPost,
    private readonly secrets: SecretKeys,
    private readonly options: TurnOptions,
  ) {}

  /** @returns the number of deliveries that were tried; 0 when another instance serves the webhook */
  async run(): Promise<number> {
    if ((await this.statement(TAKE_LEASE, this.options.owner)).length === 0) return 0;
    const beat = setInterval(() => void this.renew(), RENEW_EVERY_MS);
    try {
      await this.deliver();
      await this.clean();
    } finally {
      await Promise.all(this.inFlight.values());
      clearInterval(beat);
      await this.statement(RELEASE_LEASE, this.options.owner);
    }
    return this.tried;
  }

  /** Starts deliveries in the order of the feed, a few at the same time, until nothing is due. */
  private async deliver(): Promise<void> {
    for (;;) {
      for (const delivery of await this.next(AT_ONCE - this.inFlight.size)) {
        this.begin(delivery);
      }
      if (this.inFlight.size === 0) break;
      await Promise.race(this.inFlight.values());
    }
    if (this.failure !== null) throw this.failure;
  }

  /** Stores the error, because nothing may be awaiting this delivery when it fails. */
  private begin(delivery: DueDelivery): void {
    const done = this.attempt(delivery)
      .catch((error: unknown) => {
        this.failure = error as Error;
        this.over = true;
      })
      .finally(() => this.inFlight.delete(delivery.id));
    this.inFlight.set(delivery.id, done);
  }

  /** Deliveries that are due; when there are none, the next events of the feed. */
  private async next(count: number): Promise<DueDelivery[]> {
    const { tenantId, webhookId, owner } = this.options;
    for (;;) {
      if (this.isOver()) return [];
      const known = [...this.inFlight.keys()];
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
    const { url, body } = delivery;
    const secrets = secretsOf(delivery, this.secrets, tenantId, webhookId);
    const response =
      secrets === null
        ? UNSIGNED
        : await this.guard.post(tenantId, { url, headers: headersOf(delivery, secrets), body }, handBack);
    if (handBack.aborted && response.status === null) return;
    this.tried++;
    const { fate, values } = outcomeOf(delivery, response);
    await this.inTenant(async (tx) => {
      const webhook = [tenantId, webhookId];
      if (response.status === GONE) await this.disable(tx, url);
      await rowsOf(tx, RECORD_ATTEMPT, [...webhook, delivery.id, ...values]);
    });
    countAttempt(fate);
    if (response.status === GONE) {
      this.over = true;
      new Logger(Turn.name).warn(
        { tenantId, webhookId },
        'the receiver responded 410 Gone; the webhook is disabled',
      );
    }
  }

  private async disable(tx: Transaction, url: string): Promise<void> {
    const { tenantId, webhookId: id } = this.options;
    const values = [tenantId, id, url, 'The receiver responded 410 Gone'];
    const disabled = await rowsOf(tx, DISABLE_WEBHOOK, values);
    if (disabled.length === 0) return;
    await recordChange(tx, tenantId, 'webhook.updated', { id, enabled: true }, { id, enabled: false });
  }

  private async clean(): Promise<void> {
    while (!this.isOver()) {
      const cleaned = await this.statement(CLEAN_DELIVERIES, CLEANED_AT_ONCE);
      if (cleaned.length < CLEANED_AT_ONCE) return;
    }
  }

  /**
   * When the lease could not be renewed in time, another instance may serve the webhook. Then no new delivery begins.
   */
  private async renew(): Promise<void> {
    const renewed = await this.statement(RENEW_LEASE, this.options.owner).catch(() => null);
    if (renewed?.length === 0) this.over = true;
  }

  private isOver(): boolean {
    return this.over || this.options.stopping.aborted || performance.now() - this.startedAt > TURN_MS;
  }

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
