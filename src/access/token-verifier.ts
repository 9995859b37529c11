import { Inject, Injectable } from '@nestjs/common';
import { jwtVerify, type JWTPayload } from 'jose';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { TokenEnvironment } from '../config/environment.js';
import { Problem } from '../http/problem.js';
import { KeySet } from './key-set.js';
import { findClaim, isIssuedBy, isMeantFor } from './token-claims.js';
import { unauthenticated, type AuthenticationFailure } from './unauthenticated.js';

/** The operator that a token names, by ids of ours or of the identity provider. They need not exist. */
export interface TokenSubject {
  readonly tenant: string;
  readonly operator: string;
}

type Check = (token: string) => Promise<JWTPayload>;

/** A valid token is not checked again for this long, unless it expires earlier. */
const REMEMBERED_MS = 60_000;
/** About the number of operators who use one instance at the same time. */
const MOST_REMEMBERED = 5_000;

/** Verifies that a trusted issuer made a token for this service and that it is valid now. */
@Injectable()
export class TokenVerifier {
  private readonly tokens: { environment: TokenEnvironment; check: Check } | null;
  /** Valid tokens, the oldest first. Checking a signature costs as much as the rest of a request. */
  private readonly remembered = new Map<string, { subject: TokenSubject; until: number }>();

  constructor(@Inject(ENVIRONMENT) { auth }: Environment) {
    this.tokens = auth.mode === 'jwt' ? { environment: auth, check: checkWith(auth) } : null;
  }

  /**
   * @throws UNAUTHENTICATED when the token is invalid, IDENTITY_PROVIDER_UNAVAILABLE when the keys cannot be fetched
   */
  async verify(token: string): Promise<TokenSubject> {
    if (this.tokens === null) throw unauthenticated('unknown key');
    const known = this.remembered.get(token);
    if (known !== undefined) {
      if (Date.now() < known.until) return known.subject;
      this.remembered.delete(token);
    }
    const { environment, check } = this.tokens;
    const payload = await check(token).catch((error: unknown) => {
      throw error instanceof Problem ? error : unauthenticated(failureOf(error));
    });
    const subject = subjectOf(payload, environment);
    const toleranceMs = environment.clockToleranceSeconds * 1_000;
    this.remember(token, subject, (payload.exp ?? 0) * 1_000 + toleranceMs);
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

function failureOf(error: unknown): AuthenticationFailure {
  const { code = '' } = error as { code?: string };
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') return 'token claims';
  return FAILURES[code] ?? 'token malformed';
}

/** The requirements come from the environment only, never from the token. */
function subjectOf(payload: JWTPayload, environment: TokenEnvironment): TokenSubject {
  const { issuer, audience } = environment;
  if (issuer !== null && !isIssuedBy(payload, issuer)) throw unauthenticated('token issuer');
  if (audience !== null && !isMeantFor(payload, audience)) throw unauthenticated('token audience');
  const tenant = findClaim(payload, environment.tenantClaim);
  const operator = findClaim(payload, environment.operatorClaim);
  if (tenant === null || operator === null) throw unauthenticated('token claims');
  return { tenant, operator };
}

function checkWith({ keys, clockToleranceSeconds: clockTolerance }: TokenEnvironment): Check {
  const options = { requiredClaims: ['exp'], clockTolerance };
  if ('secret' in keys) {
    const secret = new TextEncoder().encode(keys.secret);
    return async (token) => (await jwtVerify(token, secret, { ...options, algorithms: ['HS256'] })).payload;
  }
  const { keyOf } = new KeySet(new URL(keys.url));
  return async (token) =>
    (await jwtVerify(token, keyOf, { ...options, algorithms: keys.algorithms })).payload;
}
