import { Inject, Injectable, Logger } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { jwtVerify, type JWTPayload } from 'jose';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { TokenEnvironment } from '../config/read-auth.js';
import { Problem } from '../http/problem.js';
import { KeySet } from './key-set.js';

/** Whom a token speaks for. Whether there is such an operator, only the database knows. */
export interface TokenSubject {
  tenantId: string;
  operatorId: string;
}

type Check = (token: string) => Promise<{ payload: JWTPayload }>;

/** Decides whether a token was made by whom we trust, for us, for now. */
@Injectable()
export class TokenVerifier {
  private readonly logger = new Logger(TokenVerifier.name);
  private readonly check: Check | null;

  constructor(@Inject(ENVIRONMENT) { auth }: Environment) {
    this.check = auth.mode === 'jwt' ? checkWith(auth) : null;
  }

  /**
   * null when the token proves nothing, whatever is wrong with it.
   * @throws IDENTITY_PROVIDER_UNAVAILABLE when nobody can tell
   */
  async verify(token: string): Promise<TokenSubject | null> {
    if (this.check === null) return null;
    try {
      const { tenant_id: tenantId, sub: operatorId } = (await this.check(token)).payload;
      if (typeof tenantId !== 'string' || !isUUID(tenantId)) return null;
      if (typeof operatorId !== 'string' || !isUUID(operatorId)) return null;
      return { tenantId, operatorId };
    } catch (error) {
      if (error instanceof Problem) throw error;
      // The caller hears nothing of it; whoever sets the service up may turn the level up to hear what is wrong.
      const { name, code, claim } = error as { name: string; code?: string; claim?: string };
      this.logger.debug({ reason: code ?? name, claim }, 'a token was refused');
      return null;
    }
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
