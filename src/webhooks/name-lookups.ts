import { Logger } from '@nestjs/common';
import type { Resolve } from './resolve.js';
import { TenantShares } from './tenant-shares.js';
import { countLookup } from './webhook-metrics.js';

/** The memory of failures is bounded, because tenants choose the names. The oldest are forgotten first. */
const MOST_FAILURES = 1_000;

interface Limits {
  /** Names that this process resolves at the same time. */
  readonly atOnce: number;
  /** The most of these of one tenant. */
  readonly ofTenant: number;
  /** How long a name that did not resolve is not asked for again. */
  readonly failureMs: number;
}

interface Waiting {
  readonly tenantId: string;
  readonly start: () => void;
}

interface Failure {
  readonly error: unknown;
  readonly until: number;
}

/**
 * Limits the lookups of names that tenants choose. A name whose servers do not respond takes seconds, so without limits
 * the names of one tenant would delay the names of all others.
 */
export class NameLookups {
  private readonly logger = new Logger(NameLookups.name);
  private readonly shares: TenantShares;
  private readonly waiting: Waiting[] = [];
  private readonly failures = new Map<string, Failure>();

  constructor(
    private readonly ask: Resolve,
    private readonly limits: Limits,
  ) {
    this.shares = new TenantShares(limits.atOnce, limits.ofTenant);
  }

  readonly resolve: Resolve = async (name, tenantId, signal) => {
    this.throwRemembered(name);
    await this.turn(tenantId, signal);
    try {
      // Another lookup of the same name can have failed during the wait.
      this.throwRemembered(name);
      const addresses = await this.ask(name, tenantId, signal).catch((error: unknown) => {
        this.remember(name, error);
        throw error;
      });
      countLookup('resolved');
      return addresses;
    } finally {
      this.shares.giveBack({ tenantId });
      this.startNext();
    }
  };

  /** Waits until the tenant can resolve another name. @throws the reason of the signal when that comes first */
  private turn(tenantId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.waiting.splice(this.waiting.indexOf(waiting), 1);
        countLookup('gave_up');
        this.logger.warn(
          { tenantId },
          'a webhook name was not looked up, because other names of the tenant are slow',
        );
        reject(signal.reason as Error);
      };
      const start = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const waiting: Waiting = { tenantId, start };
      this.waiting.push(waiting);
      signal.addEventListener('abort', giveUp);
      if (signal.aborted) giveUp();
      else this.startNext();
    });
  }

  private startNext(): void {
    for (let next = this.takeNext(); next !== undefined; next = this.takeNext()) next.start();
  }

  private takeNext(): Waiting | undefined {
    return this.shares.takeNext(this.waiting);
  }

  private throwRemembered(name: string): void {
    const failure = this.failures.get(name);
    if (failure === undefined) return;
    if (failure.until > performance.now()) {
      countLookup('remembered');
      throw failure.error;
    }
    this.failures.delete(name);
  }

  private remember(name: string, error: unknown): void {
    countLookup('failed');
    const [oldest] = this.failures.keys();
    if (oldest !== undefined && this.failures.size >= MOST_FAILURES) this.failures.delete(oldest);
    this.failures.set(name, { error, until: performance.now() + this.limits.failureMs });
  }
}
