import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { Problem, PROBLEMS, type ProblemCode } from '../http/problem.js';
import { toProblem } from '../http/to-problem.js';
import { hashOfKey, seal, unseal, type StoredResponse } from './sealed-response.js';

/** A request that the client can repeat. */
export interface RepeatableRequest {
  /** The id of all zeros stands for the platform. */
  readonly tenantId: string;
  readonly principal: string;
  /** Method and pattern of the route: the same key on another route is another key. */
  readonly route: string;
  readonly key: string;
  /** SHA-256 of the request. */
  readonly fingerprint: Buffer;
}

export interface StoredOrNew {
  readonly response: StoredResponse;
  /** Whether the response is a stored one. */
  readonly isReplayed: boolean;
}

type ClaimRow = { state: 'NEW' | 'IN_USE' | 'OTHER'; answer: null } | { state: 'KEPT'; answer: Buffer };

const CLAIM_KEY = sql`select state, answer from claim_idempotency_key($1, $2, $3, $4, $5)`;
const STORE_RESPONSE = sql`select store_response($1, $2, $3, $4, $5, $6, $7)`;

/**
 * Rejections that are final. A request that was malformed never reached its handler, so the client can correct it and
 * use the key again.
 */
const FINAL_STATUSES = new Set<number>([403, 404, 409, 412]);

/** Gives a request with a key one effect and one response, however often it is repeated. */
@Injectable()
export class IdempotencyStore {
  constructor(
    private readonly database: Database,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  /**
   * Returns the stored response of the request. Without one it runs `work` and stores the response in the transaction
   * of the effect. A rejection has no effect, so it is stored in a transaction of its own.
   * @param admit starts the transaction of the effect, and rejects requests that must not be repeated
   * @throws IDEMPOTENCY_KEY_IN_USE, IDEMPOTENCY_KEY_REUSED, or an error of `work` that is not final
   */
  async once(
    request: RepeatableRequest,
    admit: () => Promise<unknown>,
    work: () => Promise<StoredResponse>,
  ): Promise<StoredOrNew> {
    try {
      return await this.database.atomically(request.tenantId, async (tx) => {
        await admit();
        return this.runOnce(tx, request, work);
      });
    } catch (error) {
      const { code, detail, members } = toProblem(error);
      if (!isFinal(code)) throw error;
      // Another request with the same key can finish between the two transactions. Then its response counts.
      const rejected: StoredResponse = { kind: 'refused', code, detail, members };
      return this.database.atomically(request.tenantId, (tx) =>
        this.runOnce(tx, request, () => Promise.resolve(rejected)),
      );
    }
  }

  private async runOnce(
    tx: Transaction,
    request: RepeatableRequest,
    work: () => Promise<StoredResponse>,
  ): Promise<StoredOrNew> {
    const stored = await claim(tx, request);
    if (stored !== null) return { response: stored, isReplayed: true };
    const response = await work();
    await this.store(tx, request, response);
    return { response, isReplayed: false };
  }

  private async store(tx: Transaction, request: RepeatableRequest, response: StoredResponse): Promise<void> {
    const { tenantId, principal, route, key, fingerprint } = request;
    const sealed = seal(response, key);
    const hours = this.environment.idempotencyTtlHours;
    await rowsOf(tx, STORE_RESPONSE, [
      tenantId,
      principal,
      route,
      hashOfKey(key),
      fingerprint,
      sealed,
      hours,
    ]);
  }
}

async function claim(
  tx: Transaction,
  { tenantId, principal, route, key, fingerprint }: RepeatableRequest,
): Promise<StoredResponse | null> {
  const values = [tenantId, principal, route, hashOfKey(key), fingerprint];
  const [claimed] = await rowsOf<ClaimRow>(tx, CLAIM_KEY, values);
  switch (claimed?.state) {
    case 'NEW':
      return null;
    case 'KEPT':
      return unseal(claimed.answer, key);
    case 'IN_USE':
      throw new Problem(
        'IDEMPOTENCY_KEY_IN_USE',
        'The first request with this key is still running. Try again in a moment.',
      );
    default:
      throw new Problem('IDEMPOTENCY_KEY_REUSED', 'This key was used with another request. Use a new key.');
  }
}

/** Whether a rejection is final. Our own errors, and errors about the key itself, are not. */
function isFinal(code: ProblemCode): boolean {
  const [status] = PROBLEMS[code];
  return FINAL_STATUSES.has(status) && !code.startsWith('IDEMPOTENCY_');
}
