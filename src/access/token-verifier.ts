import { Inject, Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { jwtVerify, type JWTPayload } from 'jose';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { TokenEnvironment } from '../config/environment.js';
import { Problem } from '../http/problem.js';
import { KeySet } from './key-set.js';
import { unauthenticated, type AuthenticationFailure } from './unauthenticated.js';

/** The operator that a token names. The token does not prove that this operator exists. */
export interface TokenSubject {
  tenantId: string;
  operatorId: string;
}

type Check = (token: string) => Promise<{ payload: JWTPayload }>;

/** A valid token is not checked again for this long, unless it expires earlier. */
const REMEMBERED_MS = 60_000;
/** About the number of operators who use one instance at the same time. */
const MOST_REMEMBERED = 5_000;

/** Verifies that a trusted issuer made a token for this service and that it is valid now. */
@Injectable()
export class TokenVerifier {
  private readonly check: Check | null;
  private readonly toleranceMs: number;
  /** Valid tokens, the oldest first. Checking a signature costs as much as the rest of a request. */
  private readonly remembered = new Map<string, { subject: TokenSubject; until: number }>();

  constructor(@Inject(ENVIRONMENT) { auth }: Environment) {
    this.check = auth.mode === 'jwt' ? checkWith(auth) : null;
    this.toleranceMs = auth.mode === 'jwt' ? auth.clockToleranceSeconds * 1_000 : 0;
  }

  /**
   * @throws UNAUTHENTICATED when the token is invalid, IDENTITY_PROVIDER_UNAVAILABLE when the keys cannot be fetched
   */
  async verify(token: string): Promise<TokenSubject> {
    if (this.check === null) throw unauthenticated('unknown key');
    const known = this.remembered.get(token);
    if (known !== undefined) {
      if (Date.now() < known.until) return known.subject;
      this.remembered.delete(token);
    }
    const { payload } = await this.check(token).catch((error: unknown) => {
      throw error instanceof Problem ? error : unauthenticated(failureOf(error));
    });
    const { tenant_id: tenantId, sub: operatorId, exp = 0 } = payload;
    if (typeof tenantId !== 'string' || !isUUID(tenantId)) throw unauthenticated('token claims');
    if (typeof operatorId !== 'string' || !isUUID(operatorId)) throw unauthenticated('token claims');
    const subject = { tenantId, operatorId };
    this.remember(token, subject, exp * 1_000 + this.toleranceMs);
    return subject;
  }

  private remember(token: string, subject: TokenSubject, endsAt: number): void {
    const oldest = this.remembered.size < MOST_REMEMBERED ? undefined : this.remembered.keys().next().value;
    if (oldest !== undefined) this.remembered.delete(oldest);
    this.remembered.set(token, { subject, until: Math.min(endsAt, Date.now() + REMEMBERED_MS) });
  }
}

/** By the codes of jose. */
const FAILURES: Record<string, AuthenticationFailure> = {
  ERR_JWT_EXPIRED: 'token expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'token signature',
  ERR_JOSE_ALG_NOT_ALLOWED: 'token algorithm',
  ERR_JOSE_NOT_SUPPORTED: 'token algorithm',
  ERR_JWKS_NO_MATCHING_KEY: 'token key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'token key',
};
const FAILURE_OF_CLAIM: Record<string, AuthenticationFailure> = {
  iss: 'token issuer',
  aud: 'token audience',
};

function failureOf(error: unknown): AuthenticationFailure {
  const { code = '', claim = '' } = error as { code?: string; claim?: string };
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') return FAILURE_OF_CLAIM[claim] ?? 'token claims';
  return FAILURES[code] ?? 'token malformed';
}

/** The requirements come from the environment only, never from the token. */
function checkWith({ keys, issuer, audience, clockToleranceSeconds }: TokenEnvironment): Check {
  const options = {
    requiredClaims: ['exp'],
    clockTolerance: clockToleranceSeconds,
    ...(issuer === null ? {} : { issuer }),
    ...(audience === null ? {} : { audience }),
  };
  if ('secret' in keys) {
    const secret = new TextEncoder().encode(keys.secret);
    return (token) => jwtVerify(token, secret, { ...options, algorithms: ['HS256'] });
  }
  const { keyOf } = new KeySet(new URL(keys.url));
  return (token) => jwtVerify(token, keyOf, { ...options, algorithms: keys.algorithms });
}
