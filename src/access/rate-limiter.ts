import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { sql } from '../database/statement.js';
import { identityOf, type Principal } from './principal.js';

/** Whether a request is within the limit of its principal, and how many requests remain. */
export interface Allowance {
  readonly isAllowed: boolean;
  /** Requests per minute. */
  readonly limit: number;
  /** The remaining requests that this instance knows of. */
  readonly remaining: number;
  /** Whole seconds until the full limit is available again, at least 1. */
  readonly resetSeconds: number;
}

/** Requests that this instance can admit without asking the database. */
interface Lease {
  left: number;
  /** Requests left in the shared account when the lease was taken. */
  readonly shared: number;
  /** In milliseconds of the process's monotonic clock. */
  readonly endsAt: number;
}

interface Taken {
  granted: number;
  remaining: number;
  milliseconds_left: number;
}

const TAKE_REQUESTS = sql`select granted, remaining, milliseconds_left from take_requests($1, $2, $3, $4)`;
const MINUTE_MS = 60_000;
/**
 * The fraction of a limit that one lease takes. Unused requests of a lease are lost to other instances for a minute.
 */
const LEASES_PER_LIMIT = 100;

/**
 * Limits the requests of a principal per minute over all instances. The minute begins with its first request.
 * | The account is a row in the database. A lease takes a hundredth of the limit, so that only one request in a
 * hundred costs a round trip; limits below 200 are counted one by one. The total never exceeds the limit. Each other
 * instance can waste up to a hundredth of it. The platform has no tenant for such a row, so each instance counts it
 * alone.
 */
@Injectable()
export class RateLimiter {
  private readonly leases = new Map<string, Lease>();
  private readonly renewals = new Map<string, Promise<void>>();
  private sweptAt = 0;

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    private readonly database: Database,
  ) {}

  /**
   * Counts one request.
   * @returns null when there is no limit
   */
  async count(principal: Principal): Promise<Allowance | null> {
    const limit = this.environment.rateLimitPerMinute;
    if (limit === 0) return null;
    const key = principal.kind === 'platform' ? 'platform' : `${principal.tenantId} ${identityOf(principal)}`;
    for (;;) {
      const now = performance.now();
      const lease = this.leases.get(key);
      if (lease !== undefined && lease.endsAt > now && (lease.left > 0 || lease.shared === 0)) {
        const isAllowed = lease.left > 0;
        if (isAllowed) lease.left--;
        const resetSeconds = Math.max(1, Math.ceil((lease.endsAt - now) / 1000));
        return { isAllowed, limit, remaining: lease.shared + lease.left, resetSeconds };
      }
      await this.renewal(key, principal, limit);
    }
  }

  /** Requests that arrive while a lease is being taken wait for that lease. */
  private renewal(key: string, principal: Principal, limit: number): Promise<void> {
    const running = this.renewals.get(key);
    if (running !== undefined) return running;
    const renewal = this.take(principal, limit)
      .then(({ granted, remaining, milliseconds_left }) => {
        const now = performance.now();
        this.leases.set(key, { left: granted, shared: remaining, endsAt: now + milliseconds_left });
        this.sweep(now);
      })
      .finally(() => this.renewals.delete(key));
    this.renewals.set(key, renewal);
    return renewal;
  }

  private async take(principal: Principal, limit: number): Promise<Taken> {
    if (principal.kind === 'platform') return { granted: limit, remaining: 0, milliseconds_left: MINUTE_MS };
    const wanted = Math.max(1, Math.floor(limit / LEASES_PER_LIMIT));
    const values = [principal.tenantId, identityOf(principal), limit, wanted];
    const [taken] = await this.database.call<Taken>(null, TAKE_REQUESTS, values);
    if (taken === undefined) throw new Error('take_requests returned no row');
    return taken;
  }

  /** Once a minute, deletes the leases that have ended. */
  private sweep(now: number): void {
    if (now - this.sweptAt < MINUTE_MS) return;
    this.sweptAt = now;
    for (const [key, { endsAt }] of this.leases) if (endsAt <= now) this.leases.delete(key);
  }
}
