import { Logger } from '@nestjs/common';
import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { Problem } from '../http/problem.js';

const FETCH_TIMEOUT_MS = 3000;
/** Keys older than this are fetched again before use, so that a withdrawn key stops being valid. */
const FRESH_MS = 10 * 60_000;
/**
 * While the provider is unavailable, its last keys stay valid until this age. Long outages are more likely than stolen
 * keys.
 */
const LAST_KNOWN_MS = 60 * 60_000;
/** Anybody can invent a key id, so an unknown id causes a fetch only after this pause. */
const PAUSE_AFTER_FETCH_MS = 10_000;
/** After a failed fetch no other fetch starts during this pause, and no request waits for one. */
const PAUSE_AFTER_FAILURE_MS = 5000;

/**
 * The public keys of an identity provider. Each instance keeps its own copy. A request with a known key waits for the
 * provider only when the keys are due for a fetch and the last fetch succeeded.
 */
export class KeySet {
  private readonly logger = new Logger(KeySet.name);
  private readonly remote;
  private fetchedAt = -Infinity;
  /** When the last fetch failed; null after a success. */
  private failedAt: number | null = null;

  constructor(private readonly url: URL) {
    this.remote = createRemoteJWKSet(url, {
      timeoutDuration: FETCH_TIMEOUT_MS,
      cooldownDuration: PAUSE_AFTER_FETCH_MS,
      cacheMaxAge: LAST_KNOWN_MS,
      [customFetch]: (_url, options) => this.fetch(options),
    });
  }

  /**
   * The key that signed a token.
   * @throws an error of jose when there is no such key, and IDENTITY_PROVIDER_UNAVAILABLE when the keys cannot be
   * fetched
   */
  readonly keyOf: JWTVerifyGetKey = async (header, token) => {
    if (Date.now() >= this.fetchedAt + FRESH_MS) {
      const fetched = this.remote.reload().catch(() => undefined);
      if (!this.isUnavailable) await fetched;
    }
    return this.remote(header, token);
  };

  private get isUnavailable(): boolean {
    return this.failedAt !== null;
  }

  /**
   * Fetches for jose. jose pauses only after a successful fetch and would call the provider for every request of an
   * outage.
   */
  private async fetch(options: RequestInit): Promise<Response> {
    if (this.failedAt !== null && Date.now() < this.failedAt + PAUSE_AFTER_FAILURE_MS) throw unavailable();
    try {
      const response = await fetch(this.url, options);
      // jose does not follow redirects, so a redirect counts as a failure too.
      if (response.status !== 200) throw new NoKeySet(`status ${response.status}`);
      const keys = (await response.json()) as Parameters<typeof createLocalJWKSet>[0];
      // Throws when the response holds no key set. jose itself has no error code for that case.
      createLocalJWKSet(keys);
      if (this.isUnavailable) this.logger.log('the identity provider serves its keys again');
      this.fetchedAt = Date.now();
      this.failedAt = null;
      return Response.json(keys);
    } catch (error) {
      if (!this.isUnavailable) this.logFailure(error);
      this.failedAt = Date.now();
      throw unavailable();
    }
  }

  /** Logs the address without its query, which can hold a secret. The address has no password. */
  private logFailure(error: unknown): void {
    const { origin, pathname } = this.url;
    const fields = { url: `${origin}${pathname}`, reason: reasonOf(error) };
    this.logger.warn(fields, 'the identity provider does not serve its keys');
  }
}

class NoKeySet extends Error {}

/** A short reason. The log must not contain what the provider sent instead of keys. */
function reasonOf(error: unknown): string {
  if (error instanceof NoKeySet) return error.message;
  const { name, code, cause } = error as { name: string; code?: string; cause?: { code?: string } };
  return cause?.code ?? (typeof code === 'string' ? code : name);
}

function unavailable(): Problem {
  return new Problem(
    'IDENTITY_PROVIDER_UNAVAILABLE',
    'The service cannot fetch the keys that verify tokens. Try again in a moment.',
  );
}
