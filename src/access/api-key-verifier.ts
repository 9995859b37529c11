import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { Database } from '../database/database.js';
import { sql } from '../database/statement.js';
import { placeOf } from '../secrets/secret-columns.js';
import { SecretKeys } from '../secrets/secret-keys.js';
import { hashOf, type ApiKeyParts } from './api-key.js';
import type { KeyScope } from './key-scopes.js';
import { keyIdentity, type ServicePrincipal } from './principal.js';
import { SignedRequests } from './signed-requests.js';
import { tenantSuspended } from './tenant-suspended.js';
import { unauthenticated, type AuthenticationFailure } from './unauthenticated.js';

interface KeyRow {
  name: string;
  secret_hash: Buffer;
  signing_secret: string | null;
  scopes: KeyScope[];
  is_expired: boolean;
  is_revoked: boolean;
  is_use_due: boolean;
  is_suspended: boolean;
}

const IDENTIFY_API_KEY = sql`
  select name, secret_hash, signing_secret, scopes, is_expired, is_revoked, is_use_due,
    is_suspended
  from identify_api_key($1, $2)`;
const RECORD_API_KEY_USE = sql`select record_api_key_use($1, $2)`;

/** Compared with when the key does not exist, so that both cases take the same time. */
const NO_HASH = Buffer.alloc(32);
const MAX_ID_LENGTH = 255;
/** Of signatures. `v1` of Standard Webhooks covers the body only, so it would be valid for other routes too. */
const VERSION = 'r1,';

/** What is known of a request before its body is read. */
export type RequestHead = Pick<IncomingMessage, 'headers' | 'method' | 'url'>;

/** Proves by the body, which the signature covers, that the service sent the request. @throws UNAUTHENTICATED */
export type Proof = (body: Buffer | undefined) => Promise<ServicePrincipal>;

/** Checks API keys, and checks request signatures for keys that require them. */
@Injectable()
export class ApiKeyVerifier {
  constructor(
    private readonly database: Database,
    private readonly signedRequests: SignedRequests,
    private readonly secrets: SecretKeys,
  ) {}

  /**
   * @returns the service that owns the key, or what is left to prove when the key requires a signature
   * @throws UNAUTHENTICATED when the key is wrong; SecretUnreadable when its signatures cannot be checked
   */
  async service(parts: ApiKeyParts, head: RequestHead): Promise<ServicePrincipal | Proof> {
    const { tenantId, keyId, secret } = parts;
    const [key] = await this.database.query<KeyRow>(tenantId, IDENTIFY_API_KEY, [tenantId, keyId]);
    const isGenuine = timingSafeEqual(hashOf(secret), key?.secret_hash ?? NO_HASH);
    const refused = (reason: AuthenticationFailure) =>
      unauthenticated(reason, { tenantId, identity: keyIdentity(keyId) });
    if (key === undefined) throw refused('unknown api key');
    if (!isGenuine) throw refused('wrong api key secret');
    const failure = failureOf(key);
    if (failure !== null) throw refused(failure);
    if (key.signing_secret === null) return this.used(parts, key, null);
    // Then the body need not be read.
    if (head.headers['webhook-signature'] === undefined) throw refused('signature missing');
    const place = placeOf(['api_keys', 'signing_secret'], tenantId, keyId);
    const signingSecret = this.secrets.open(key.signing_secret, place);
    return async (body) => {
      const signed = signedIdOf(signingSecret, head, body);
      if ('failure' in signed) throw refused(signed.failure);
      if (await this.signedRequests.isKnown(tenantId, keyId, signed.id)) throw refused('signature repeated');
      return this.used(parts, key, signed.id);
    };
  }

  /**
   * The service that owns a key, for who has proven before that they have it.
   * @throws UNAUTHENTICATED when the key is not valid any more
   */
  async holder(tenantId: string, keyId: string): Promise<ServicePrincipal> {
    const [key] = await this.database.query<KeyRow>(tenantId, IDENTIFY_API_KEY, [tenantId, keyId]);
    const failure = key === undefined ? 'unknown api key' : failureOf(key);
    if (key === undefined || failure !== null)
      throw unauthenticated(failure ?? 'unknown api key', { tenantId, identity: keyIdentity(keyId) });
    return this.used({ tenantId, keyId }, key, null);
  }

  private async used(
    { tenantId, keyId }: Omit<ApiKeyParts, 'secret'>,
    { name, scopes, is_use_due, is_suspended }: KeyRow,
    signedId: string | null,
  ): Promise<ServicePrincipal> {
    if (is_suspended) throw tenantSuspended();
    if (is_use_due) await this.database.call(tenantId, RECORD_API_KEY_USE, [tenantId, keyId]);
    return { kind: 'service', tenantId, name, apiKeyId: keyId, signedId, scopes };
  }
}

/** Why a genuine key is refused; null when it is valid. */
function failureOf({ is_revoked, is_expired }: KeyRow): AuthenticationFailure | null {
  if (is_revoked) return 'revoked api key';
  return is_expired ? 'expired api key' : null;
}

/**
 * Checks a signature of Standard Webhooks (https://www.standardwebhooks.com) whose text is the method, the target and
 * the body: HMAC-SHA256 over `id.timestamp.METHOD target\nbody`. The target is the one that was sent, with its query.
 * The timestamp must be within five minutes of our clock. A request without a body signs the empty body.
 * @returns the id of the request, or what is wrong
 */
function signedIdOf(
  signingSecret: string,
  { headers, method, url }: RequestHead,
  body: Buffer | undefined,
): { id: string } | { failure: AuthenticationFailure } {
  const id = headers['webhook-id'];
  if (typeof id !== 'string' || id.length > MAX_ID_LENGTH) return { failure: 'signature wrong' };
  const signatures = String(headers['webhook-signature'])
    .split(' ')
    .filter((signature) => signature.startsWith(VERSION))
    .map((signature) => `v1,${signature.slice(VERSION.length)}`);
  if (signatures.length === 0) return { failure: 'signature version' };
  const signed = {
    'webhook-id': id,
    'webhook-timestamp': String(headers['webhook-timestamp'] ?? ''),
    'webhook-signature': signatures.join(' '),
  };
  try {
    const text = `${method} ${url}\n${body?.toString() ?? ''}`;
    new Webhook(signingSecret).verify(text, signed, { jsonParse: false });
    return { id };
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    return { failure: error.message.includes('timestamp') ? 'signature timestamp' : 'signature wrong' };
  }
}
