import { Logger } from '@nestjs/common';
import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { Problem } from '../http/problem.js';

const FETCH_TIMEOUT_MS = 3000;
/** Before keys this old are used, they are fetched anew: a key that was withdrawn stops counting. */
const FRESH_MS = 10 * 60_000;
/** Keys that cannot be fetched anew count until they are this old. Longer outages are more likely than stolen keys. */
const LAST_KNOWN_MS = 60 * 60_000;
/** Anybody can invent key ids: an unknown one leads to a fetch only so long after the last one. */
const PAUSE_AFTER_FETCH_MS = 10_000;
/** Nor does anybody ask so soon again after a failure, or wait for the next one. */
const PAUSE_AFTER_FAILURE_MS = 5000;

/**
 * The public keys by which an identity provider signs. Each instance keeps them by itself; whoever comes with a known
 * key waits for the provider only when the keys are due, and not even then while it is known to be away.
 */
export class KeySet {
  private readonly logger = new Logger(KeySet.name);
  private readonly remote;
  private fetchedAt = -Infinity;
  /** null: the last fetch went well. */
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
   * The key that a token says it was signed with. Throws an error of jose when there is none, and
   * IDENTITY_PROVIDER_UNAVAILABLE when nobody can tell.
   */
  readonly keyOf: JWTVerifyGetKey = async (header, token) => {
    if (Date.now() >= this.fetchedAt + FRESH_MS) {
      const fetched = this.remote.reload().catch(() => undefined);
      if (!this.isAway) await fetched;
    }
    return this.remote(header, token);
  };

  private get isAway(): boolean {
    return this.failedAt !== null;
  }

  /** Stands between jose and the network: jose pauses after a success only, and would ask for every request of an outage. */
  private async fetch(options: RequestInit): Promise<Response> {
    if (this.failedAt !== null && Date.now() < this.failedAt + PAUSE_AFTER_FAILURE_MS) throw unavailable();
    try {
      const response = await fetch(this.url, options);
      // A redirect is no answer either: jose does not follow it.
      if (response.status !== 200) throw new NoKeySet(`status ${response.status}`);
      const keys = (await response.json()) as Parameters<typeof createLocalJWKSet>[0];
      // Throws when it is none. Found out here and not by jose, which has no code of its own for an answer of no use.
      createLocalJWKSet(keys);
      if (this.isAway) this.logger.log('the identity provider gives its keys again');
      this.fetchedAt = Date.now();
      this.failedAt = null;
      return Response.json(keys);
    } catch (error) {
      if (!this.isAway) this.tell(error);
      this.failedAt = Date.now();
      throw unavailable();
    }
  }

  /** Without the query, which may hold a key of its own; the address has no password. */
  private tell(error: unknown): void {
    const { origin, pathname } = this.url;
    const fields = { url: `${origin}${pathname}`, reason: reasonOf(error) };
    this.logger.warn(fields, 'the identity provider does not give its keys');
  }
}

class NoKeySet extends Error {}

/** A word for it: what the provider sent instead of keys stays out of the log. */
function reasonOf(error: unknown): string {
  if (error instanceof NoKeySet) return error.message;
  const { name, code, cause } = error as { name: string; code?: string; cause?: { code?: string } };
  return cause?.code ?? (typeof code === 'string' ? code : name);
}

function unavailable(): Problem {
  return new Problem(
    'IDENTITY_PROVIDER_UNAVAILABLE',
    'The keys that prove tokens cannot be fetched. Try again in a moment.',
  );
}
