import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { sql } from '../database/statement.js';
import { identityOf, type Principal } from './principal.js';

/** What remains of a limit after a request. */
export interface Allowance {
  readonly account: 'principal' | 'tenant';
  /** Requests per minute. */
  readonly limit: number;
  /** The remaining requests that this instance knows of; -1 when the request was one too many. */
  readonly left: number;
  /** Whole seconds until the full limit is available again, at least 1. */
  readonly resetSeconds: number;
}

/** Counts the requests of one limit. */
interface Account {
  readonly name: Allowance['account'];
  readonly limit: number;
  /** In the table of the tenant. */
  readonly row: string;
  /** In the memory of this instance. */
  readonly key: string;
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
  nth: number;
  granted: number;
  remaining: number;
  milliseconds_left: number;
}

const TAKE_FROM_ACCOUNTS = sql`
  select nth, granted, remaining, milliseconds_left from take_from_accounts($1, $2, $3, $4)`;
const MINUTE_MS = 60_000;
/**
 * The fraction of a limit that one lease takes. Unused requests of a lease are lost to other instances for a minute.
 */
const LEASES_PER_LIMIT = 100;

/**
 * Limits the requests of a principal per minute over all instances, and those of a tenant. The minute of an account
 * begins with its first request.
 * | An account is a row in the database. A lease takes a hundredth of the limit, so that only one request in a hundred
 * costs a round trip; limits below 200 are counted one by one. One round trip takes from both accounts. The total never
 * exceeds the limit. Each other instance can waste up to a hundredth of it. The platform has no tenant for such a row,
 * so each instance counts it alone.
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
   * Counts one request, unless one of its accounts is empty.
   * @returns an allowance for each limit; empty without limits
   */
  async count(principal: Principal): Promise<Allowance[]> {
    const accounts = this.accountsOf(principal);
    for (;;) {
      const now = performance.now();
      const due = accounts.filter(({ key }) => this.leaseOf(key, now) === null);
      if (due.length === 0) return this.use(accounts, now);
      await this.renewal(principal, due);
    }
  }

  /** The tenant's account comes last: it is the one for which others may wait. */
  private accountsOf(principal: Principal): Account[] {
    const { rateLimitPerMinute, rateLimitTenantPerMinute } = this.environment;
    const own = { name: 'principal', limit: rateLimitPerMinute } as const;
    if (principal.kind === 'platform') return [{ ...own, row: '', key: 'platform' }].filter(isLimited);
    const { tenantId } = principal;
    const row = identityOf(principal);
    return [
      { ...own, row, key: `${tenantId} ${row}` },
      { name: 'tenant', limit: rateLimitTenantPerMinute, row: 'tenant', key: tenantId } as const,
    ].filter(isLimited);
  }

  /** @returns null when the database must be asked */
  private leaseOf(key: string, now: number): Lease | null {
    const lease = this.leases.get(key);
    return lease !== undefined && lease.endsAt > now && (lease.left > 0 || lease.shared === 0) ? lease : null;
  }

  private use(accounts: readonly Account[], now: number): Allowance[] {
    const leased = accounts.flatMap((account) => {
      const lease = this.leases.get(account.key);
      return lease === undefined ? [] : [{ ...account, lease }];
    });
    const isAllowed = leased.every(({ lease }) => lease.left > 0);
    return leased.map(({ name, limit, lease }) => {
      const left = lease.left > 0 ? lease.shared + lease.left - (isAllowed ? 1 : 0) : -1;
      if (isAllowed) lease.left--;
      return {
        account: name,
        limit,
        left,
        resetSeconds: Math.max(1, Math.ceil((lease.endsAt - now) / 1000)),
      };
    });
  }

  /** Requests that arrive while a lease is being taken wait for that lease. */
  private renewal(principal: Principal, due: readonly Account[]): Promise<void> {
    for (const { key } of due) {
      const running = this.renewals.get(key);
      if (running !== undefined) return running;
    }
    const renewal = this.take(principal, due)
      .then((taken) => {
        const now = performance.now();
        for (const { nth, granted, remaining, milliseconds_left } of taken) {
          const lease = { left: granted, shared: remaining, endsAt: now + milliseconds_left };
          const account = due[nth - 1];
          if (account !== undefined) this.leases.set(account.key, lease);
        }
        this.sweep(now);
      })
      .finally(() => due.forEach(({ key }) => this.renewals.delete(key)));
    for (const { key } of due) this.renewals.set(key, renewal);
    return renewal;
  }

  private async take(principal: Principal, due: readonly Account[]): Promise<Taken[]> {
    const limits = due.map(({ limit }) => limit);
    if (principal.kind === 'platform') {
      return limits.map((granted) => ({ nth: 1, granted, remaining: 0, milliseconds_left: MINUTE_MS }));
    }
    const rows = due.map(({ row }) => row);
    const wanted = limits.map((limit) => Math.max(1, Math.floor(limit / LEASES_PER_LIMIT)));
    const { tenantId } = principal;
    return this.database.call<Taken>(tenantId, TAKE_FROM_ACCOUNTS, [tenantId, rows, limits, wanted]);
  }

  /** Once a minute, deletes the leases that have ended. */
  private sweep(now: number): void {
    if (now - this.sweptAt < MINUTE_MS) return;
    this.sweptAt = now;
    for (const [key, { endsAt }] of this.leases) if (endsAt <= now) this.leases.delete(key);
  }
}

function isLimited({ limit }: Account): boolean {
  return limit > 0;
}
