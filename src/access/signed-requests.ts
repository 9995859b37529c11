import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Database } from '../database/database.js';
import { OutcomeUnknown } from '../database/failure.js';
import { rowsOf, sql } from '../database/statement.js';
import { FailedAuthentications } from './failed-authentications.js';
import { keyIdentity, type Principal } from './principal.js';
import { unauthenticated } from './unauthenticated.js';

/** The parts of a request that are known after the guard. */
export type AdmittedRequest = Pick<FastifyRequest, 'method' | 'ip' | 'socket'> & { principal?: Principal };

const IS_KNOWN = sql`select is_signed_request_known($1, $2, $3) as known`;
const ADMIT = sql`select admit_signed_request($1, $2, $3) as admitted`;
const FORGET = sql`delete from signed_requests where tenant_id = $1 and api_key_id = $2 and request_id = $3`;

/**
 * Admits each signed request once. The id is stored in the transaction of the effect. A request that was rejected or
 * failed has no effect, so it can be sent again with the same signature.
 */
@Injectable()
export class SignedRequests {
  /** Requests admitted by this instance. Their transaction can run again. */
  private readonly admitted = new WeakSet<AdmittedRequest>();

  constructor(
    private readonly database: Database,
    private readonly failures: FailedAuthentications,
  ) {}

  /** Lets the guard reject a repeated request before any other work is done. */
  async isKnown(tenantId: string, keyId: string, id: string): Promise<boolean> {
    const [row] = await this.database.query<{ known: boolean }>(tenantId, IS_KNOWN, [tenantId, keyId, id]);
    return row?.known === true;
  }

  /**
   * Runs `work` and stores that the request was carried out.
   * @throws UNAUTHENTICATED when the request was carried out before
   */
  async carryOut<T>(request: AdmittedRequest, work: () => Promise<T>): Promise<T> {
    const signature = signatureOf(request);
    if (signature === null) return work();
    if (request.method === 'GET') return this.read(request, work);
    return this.database.atomically(signature[0], async () => {
      if (!(await this.admit(request))) throw new OutcomeUnknown(new Error('a COMMIT without a response'));
      return work();
    });
  }

  /**
   * Stores the id of the request in the running transaction.
   * @returns false when this request was stored already, because the COMMIT of an earlier try succeeded
   * @throws UNAUTHENTICATED when another request used the id
   */
  async admit(request: AdmittedRequest): Promise<boolean> {
    const signature = signatureOf(request);
    if (signature === null) return true;
    const [row] = await this.database.call<{ admitted: boolean }>(signature[0], ADMIT, signature);
    if (row?.admitted !== true && !this.admitted.has(request)) {
      const [tenantId, keyId] = signature;
      const failure = unauthenticated('signature repeated', { tenantId, identity: keyIdentity(keyId) });
      this.failures.count(failure, request);
      throw failure;
    }
    this.admitted.add(request);
    return row?.admitted === true;
  }

  /** A stream reads for a long time, so it must not hold a transaction open. */
  private async read<T>(request: AdmittedRequest, work: () => Promise<T>): Promise<T> {
    await this.admit(request);
    try {
      return await work();
    } catch (error) {
      await this.forget(request);
      throw error;
    }
  }

  private async forget(request: AdmittedRequest): Promise<void> {
    const signature = signatureOf(request);
    if (signature === null) return;
    const [tenantId] = signature;
    // The caller must see the error of the request, not of the cleanup.
    await this.database.inTenant(tenantId, (tx) => rowsOf(tx, FORGET, signature)).catch(() => undefined);
  }
}

/** @returns null when the request did not need a signature */
function signatureOf({ principal }: AdmittedRequest): [tenant: string, key: string, id: string] | null {
  if (principal?.kind !== 'service' || principal.signedId === null || principal.apiKeyId === null)
    return null;
  return [principal.tenantId, principal.apiKeyId, principal.signedId];
}
