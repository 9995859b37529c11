import { Inject, Injectable, Logger } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { jwtVerify, type JWTPayload } from 'jose';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { TokenEnvironment } from '../config/environment.js';
import { Problem } from '../http/problem.js';
import { KeySet } from './key-set.js';

/** Whom a token speaks for. Whether there is such an operator, only the database knows. */
export interface TokenSubject {
  tenantId: string;
  operatorId: string;
}

type Check = (token: string) => Promise<{ payload: JWTPayload }>;

/** So long a token that was found good is not checked again, if it does not end before. */
const REMEMBERED_MS = 60_000;
/** About as many as operators who work at one instance at the same time. */
const MOST_REMEMBERED = 5_000;

/** Decides whether a token was made by whom we trust, for us, for now. */
@Injectable()
export class TokenVerifier {
  private readonly logger = new Logger(TokenVerifier.name);
  private readonly check: Check | null;
  private readonly toleranceMs: number;
  /** Good tokens, the oldest first. To check a signature costs as much as all the rest of a request. */
  private readonly remembered = new Map<string, { subject: TokenSubject; until: number }>();

  constructor(@Inject(ENVIRONMENT) { auth }: Environment) {
    this.check = auth.mode === 'jwt' ? checkWith(auth) : null;
    this.toleranceMs = auth.mode === 'jwt' ? auth.clockToleranceSeconds * 1_000 : 0;
  }

  /**
   * null when the token proves nothing, whatever is wrong with it.
   * @throws IDENTITY_PROVIDER_UNAVAILABLE when nobody can tell
   */
  async verify(token: string): Promise<TokenSubject | null> {
    if (this.check === null) return null;
    const known = this.remembered.get(token);
    if (known !== undefined) {
      if (Date.now() < known.until) return known.subject;
      this.remembered.delete(token);
    }
    try {
      const { tenant_id: tenantId, sub: operatorId, exp = 0 } = (await this.check(token)).payload;
      if (typeof tenantId !== 'string' || !isUUID(tenantId)) return null;
      if (typeof operatorId !== 'string' || !isUUID(operatorId)) return null;
      const subject = { tenantId, operatorId };
      this.remember(token, subject, exp * 1_000 + this.toleranceMs);
      return subject;
    } catch (error) {
      if (error instanceof Problem) throw error;
      // The caller hears nothing of it; whoever sets the service up may turn the level up to hear what is wrong.
      const { name, code, claim } = error as { name: string; code?: string; claim?: string };
      this.logger.debug({ reason: code ?? name, claim }, 'a token was refused');
      return null;
    }
  }

  private remember(token: string, subject: TokenSubject, endsAt: number): void {
    const oldest = this.remembered.size < MOST_REMEMBERED ? undefined : this.remembered.keys().next().value;
    if (oldest !== undefined) this.remembered.delete(oldest);
    this.remembered.set(token, { subject, until: Math.min(endsAt, Date.now() + REMEMBERED_MS) });
  }
}

/** What is asked of a token comes from the environment alone, never from the token. */
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
