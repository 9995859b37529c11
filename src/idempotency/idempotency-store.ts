import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { Problem, PROBLEMS, type ProblemCode } from '../http/problem.js';
import { toProblem } from '../http/to-problem.js';
import { hashOfKey, seal, unseal, type StoredResponse } from './sealed-response.js';

/** A request that may come again. */
export interface RepeatableRequest {
  /** All zeros: of the platform. */
  readonly tenantId: string;
  readonly principal: string;
  /** Method and pattern: a key of one route means nothing on another. */
  readonly route: string;
  readonly key: string;
  /** SHA-256 of all that was asked. */
  readonly fingerprint: Buffer;
}

export interface Answer {
  readonly response: StoredResponse;
  /** Whether it was given before. */
  readonly isReplayed: boolean;
}

type ClaimRow = { state: 'NEW' | 'IN_USE' | 'OTHER'; answer: null } | { state: 'KEPT'; answer: Buffer };

const CLAIM = sql`select state, answer from claim_idempotency_key($1, $2, $3, $4, $5)`;
const KEEP = sql`select store_response($1, $2, $3, $4, $5, $6, $7)`;

/** Forbidden, not there, in the way of something, too late. What was malformed was never looked at, and may be mended. */
const LASTING = new Set<number>([403, 404, 409, 412]);

/** Sees to it that a request with a key has one effect and one answer, however often it comes. */
@Injectable()
export class IdempotencyStore {
  constructor(
    private readonly database: Database,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  /**
   * The answer that is kept for the request; else that of `work`, kept in the transaction of its effect. A refusal has
   * no effect: it is kept by itself.
   * @param admit begins the transaction of the effect, and refuses who may not come again
   * @throws IDEMPOTENCY_KEY_IN_USE, IDEMPOTENCY_KEY_REUSED, or what `work` throws and is not kept
   */
  async once(
    request: RepeatableRequest,
    admit: () => Promise<unknown>,
    work: () => Promise<StoredResponse>,
  ): Promise<Answer> {
    try {
      return await this.database.atomically(request.tenantId, async (tx) => {
        await admit();
        return this.keepingWhat(tx, request, work);
      });
    } catch (error) {
      const { code, detail, members } = toProblem(error);
      if (!isLasting(code)) throw error;
      // Between the two transactions somebody else may have been first with the same key: then theirs is the answer.
      const refused: StoredResponse = { kind: 'refused', code, detail, members };
      return this.database.atomically(request.tenantId, (tx) =>
        this.keepingWhat(tx, request, () => Promise.resolve(refused)),
      );
    }
  }

  private async keepingWhat(
    tx: Transaction,
    request: RepeatableRequest,
    work: () => Promise<StoredResponse>,
  ): Promise<Answer> {
    const kept = await claim(tx, request);
    if (kept !== null) return { response: kept, isReplayed: true };
    const response = await work();
    await this.keep(tx, request, response);
    return { response, isReplayed: false };
  }

  private async keep(tx: Transaction, request: RepeatableRequest, response: StoredResponse): Promise<void> {
    const { tenantId, principal, route, key, fingerprint } = request;
    const sealed = seal(response, key);
    const hours = this.environment.idempotencyTtlHours;
    await rowsOf(tx, KEEP, [tenantId, principal, route, hashOfKey(key), fingerprint, sealed, hours]);
  }
}

async function claim(
  tx: Transaction,
  { tenantId, principal, route, key, fingerprint }: RepeatableRequest,
): Promise<StoredResponse | null> {
  const values = [tenantId, principal, route, hashOfKey(key), fingerprint];
  const [claimed] = await rowsOf<ClaimRow>(tx, CLAIM, values);
  switch (claimed?.state) {
    case 'NEW':
      return null;
    case 'KEPT':
      return unseal(claimed.answer, key);
    case 'IN_USE':
      throw new Problem(
        'IDEMPOTENCY_KEY_IN_USE',
        'The first request with this key is still running. Ask again.',
      );
    default:
      throw new Problem(
        'IDEMPOTENCY_KEY_REUSED',
        'This key came before, with another request. Use a new one.',
      );
  }
}

/** Whether a refusal is the answer for good. Errors on our side, and those about the key itself, are not. */
function isLasting(code: ProblemCode): boolean {
  const [status] = PROBLEMS[code];
  return LASTING.has(status) && !code.startsWith('IDEMPOTENCY_');
}
