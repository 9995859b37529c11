import { Inject, Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { jwtVerify } from 'jose';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';

/** Whom a token speaks for. Whether there is such an operator, only the database knows. */
export interface TokenSubject {
  tenantId: string;
  operatorId: string;
}

/** Decides whether a token was made by whom we trust, for us, for now. */
@Injectable()
export class TokenVerifier {
  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment) {}

  /** null when the token proves nothing, whatever is wrong with it. */
  async verify(token: string): Promise<TokenSubject | null> {
    const { auth } = this.environment;
    if (auth.mode !== 'jwt') return null;
    const claims = await jwtVerify(token, new TextEncoder().encode(auth.secret), {
      algorithms: ['HS256'],
      requiredClaims: ['exp'],
      clockTolerance: auth.clockToleranceSeconds,
      ...(auth.issuer === null ? {} : { issuer: auth.issuer }),
      ...(auth.audience === null ? {} : { audience: auth.audience }),
    }).then(
      ({ payload }) => payload,
      () => null,
    );
    const { tenant_id: tenantId, sub: operatorId } = claims ?? {};
    if (typeof tenantId !== 'string' || !isUUID(tenantId)) return null;
    if (typeof operatorId !== 'string' || !isUUID(operatorId)) return null;
    return { tenantId, operatorId };
  }
}
