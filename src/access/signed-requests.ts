import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Database } from '../database/database.js';
import { OutcomeUnknown } from '../database/failure.js';
import { rowsOf, sql } from '../database/statement.js';
import { unauthenticated, type Principal } from './principal.js';

/** What is known of a request behind the guard. */
export type AdmittedRequest = Pick<FastifyRequest, 'method'> & { principal?: Principal };

const IS_KNOWN = sql`select is_signed_request_known($1, $2, $3) as known`;
const ADMIT = sql`select admit_signed_request($1, $2, $3) as admitted`;
const FORGET = sql`delete from signed_requests where tenant_id = $1 and api_key_id = $2 and request_id = $3`;

/**
 * Lets each signed request in once. Its id is remembered in the transaction of its effect: a request that was refused or
 * failed had none, and may come again with the same signature.
 */
@Injectable()
export class SignedRequests {
  /** Requests that were let in here and whose transaction may be running again. */
  private readonly admitted = new WeakSet<AdmittedRequest>();

  constructor(private readonly database: Database) {}

  /** So that the guard refuses a request that comes again before anything else is done for it. */
  async isKnown(tenantId: string, keyId: string, id: string): Promise<boolean> {
    const [row] = await this.database.query<{ known: boolean }>(tenantId, IS_KNOWN, [tenantId, keyId, id]);
    return row?.known === true;
  }

  /**
   * Runs `work` and remembers that the request was carried out.
   * @throws UNAUTHENTICATED when it came before
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
   * Remembers the request in the transaction that is running.
   * @returns false when this same request was remembered already: the COMMIT of an earlier try went through
   * @throws UNAUTHENTICATED when another one with its id was
   */
  async admit(request: AdmittedRequest): Promise<boolean> {
    const signature = signatureOf(request);
    if (signature === null) return true;
    const [row] = await this.database.call<{ admitted: boolean }>(signature[0], ADMIT, signature);
    if (row?.admitted !== true && !this.admitted.has(request)) throw unauthenticated();
    this.admitted.add(request);
    return row?.admitted === true;
  }

  /** A stream reads for a long time, so no transaction is around it. */
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
    // The error of the request is the one to report.
    await this.database.inTenant(tenantId, (tx) => rowsOf(tx, FORGET, signature)).catch(() => undefined);
  }
}

/** @returns null for a request that did not have to be signed */
function signatureOf({ principal }: AdmittedRequest): [tenant: string, key: string, id: string] | null {
  if (principal?.kind !== 'service' || principal.signedId === null || principal.apiKeyId === null)
    return null;
  return [principal.tenantId, principal.apiKeyId, principal.signedId];
}
