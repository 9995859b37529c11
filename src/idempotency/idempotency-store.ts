import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { Problem, PROBLEMS, type ProblemCode } from '../http/problem.js';
import { toProblem } from '../http/to-problem.js';
import type { Place } from '../secrets/secret-columns.js';
import { SecretKeys } from '../secrets/secret-keys.js';
import { countResponse } from './idempotency-metrics.js';
import { RecentBytes } from './recent-bytes.js';
import { customerIn, NOBODY } from './customer-in.js';
import {
  hashOfKey,
  seal,
  unseal,
  withoutShownOnce,
  type ErasedResponse,
  type StoredResponse,
} from './sealed-response.js';

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
  /** The path to look at when the response is not stored. */
  readonly see: string;
  /** Fields of the response that are shown once, so they are not stored. */
  readonly shownOnce: readonly string[];
}

export interface StoredOrNew {
  readonly response: StoredResponse | ErasedResponse;
  /** Whether the response is a stored one. */
  readonly isReplayed: boolean;
}

type ClaimRow = { state: 'NEW' | 'IN_USE' | 'OTHER'; answer: null } | { state: 'KEPT'; answer: Buffer };

const CLAIM_KEY = sql`select state, answer from claim_idempotency_key($1, $2, $3, $4, $5)`;
const STORE_RESPONSE = sql`select store_response($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

/**
 * Rejections that are final. A request that was malformed never reached its handler, so the client can correct it and
 * use the key again.
 */
const FINAL_STATUSES = new Set<number>([403, 404, 409, 412]);

/** A response of this size is always stored, because the status alone is hardly smaller. */
const SMALL_BYTES = 256;
/** The detail of a rejection that was too large to store. */
const SHORT_DETAIL_LENGTH = 500;

/** Gives a request with a key one effect and one response, however often it is repeated. */
@Injectable()
export class IdempotencyStore {
  private readonly limits: Environment['idempotency'];
  private readonly recent: RecentBytes;

  constructor(
    private readonly database: Database,
    private readonly secrets: SecretKeys,
    @Inject(ENVIRONMENT) { idempotency }: Environment,
  ) {
    this.limits = idempotency;
    this.recent = new RecentBytes(idempotency.tenantMegabytes * 1_048_576, idempotency.ttlHours * 3_600_000);
  }

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
    const stored = await this.claim(tx, request);
    if (stored !== null) return { response: stored, isReplayed: true };
    const response = await work();
    await this.store(tx, request, response);
    return { response, isReplayed: false };
  }

  private async claim(tx: Transaction, request: RepeatableRequest): Promise<StoredOrNew['response'] | null> {
    const { tenantId, principal, route, key, fingerprint, shownOnce } = request;
    const values = [tenantId, principal, route, hashOfKey(key), fingerprint];
    const [claimed] = await rowsOf<ClaimRow>(tx, CLAIM_KEY, values);
    switch (claimed?.state) {
      case 'NEW':
        return null;
      case 'KEPT':
        if (claimed.answer.length === 0) return { kind: 'erased', see: request.see };
        // A response that an earlier version stored has all fields.
        return withoutShownOnce(unseal(claimed.answer, key, placeOf(request), this.secrets), shownOnce);
      case 'IN_USE':
        throw new Problem(
          'IDEMPOTENCY_KEY_IN_USE',
          'The first request with this key is still running. Try again in a moment.',
        );
      default:
        throw new Problem('IDEMPOTENCY_KEY_REUSED', 'This key was used with another request. Use a new key.');
    }
  }

  private async store(tx: Transaction, request: RepeatableRequest, response: StoredResponse): Promise<void> {
    const { tenantId, principal, route, key, fingerprint } = request;
    const customer = response.kind === 'done' ? customerIn(response.body) : NOBODY;
    await rowsOf(tx, STORE_RESPONSE, [
      tenantId,
      principal,
      route,
      hashOfKey(key),
      fingerprint,
      this.sealed(request, customer === 'several' ? shortened(response, request.see) : response),
      this.limits.ttlHours,
      ...(customer === 'several' ? [null, null] : [customer.conversationId, customer.leadId]),
    ]);
  }

  /**
   * Only the status is stored when the response is too large, or when the tenant has stored too much. The key is stored
   * in any case, so the request is never done twice.
   */
  private sealed(request: RepeatableRequest, response: StoredResponse): Buffer {
    const { tenantId, key, see, shownOnce } = request;
    const place = placeOf(request);
    const whole = seal(withoutShownOnce(response, shownOnce), key, place, this.secrets);
    const kept = this.fate(tenantId, whole.length);
    countResponse(kept);
    const sealed = kept === 'whole' ? whole : seal(shortened(response, see), key, place, this.secrets);
    this.recent.add(tenantId, sealed.length);
    return sealed;
  }

  private fate(tenantId: string, bytes: number): 'whole' | 'too_large' | 'tenant_limit' {
    if (bytes > this.limits.responseKilobytes * 1_024) return 'too_large';
    if (bytes > SMALL_BYTES && !this.recent.hasRoom(tenantId, bytes)) return 'tenant_limit';
    return 'whole';
  }
}

function shortened(response: StoredResponse, see: string): StoredResponse {
  if (response.kind === 'refused') {
    const { detail, members } = response;
    // Clients rely on the fields that belong to a code, and those of every code are small.
    const isSmall = JSON.stringify(members).length <= SMALL_BYTES;
    return { ...response, detail: detail.slice(0, SHORT_DETAIL_LENGTH), members: isSmall ? members : {} };
  }
  return { kind: 'cut', status: response.status, etag: response.etag, see };
}

/** The Idempotency-Key belongs to the place too: the sealing key is derived from it. */
function placeOf({ tenantId, principal, route }: RepeatableRequest): Place {
  return { tenantId, table: 'idempotency_keys', column: 'answer', id: `${principal} ${route}` };
}

/** Whether a rejection is final. Our own errors, and errors about the key itself, are not. */
function isFinal(code: ProblemCode): boolean {
  const [status] = PROBLEMS[code];
  return FINAL_STATUSES.has(status) && !code.startsWith('IDEMPOTENCY_');
}
