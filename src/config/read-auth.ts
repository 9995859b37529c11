import type { VariableReader } from './variable-reader.js';

export type AuthEnvironment =
  | {
      mode: 'jwt';
      secret: string;
      issuer: string | null;
      audience: string | null;
      /** By how much the clock of whoever signs may differ from ours. */
      clockToleranceSeconds: number;
    }
  | { mode: 'trusted-headers' };

const AUTH_MODES = ['jwt', 'trusted-headers'] as const;

export function readAuth(read: VariableReader, { isProduction }: { isProduction: boolean }): AuthEnvironment {
  const mode = read.oneOf('AUTH_MODE', AUTH_MODES, 'jwt');
  const trustsGateway = read.oneOf('TRUST_GATEWAY_HEADERS', ['yes', 'no'], 'no') === 'yes';
  if (mode === 'trusted-headers') {
    // Without a gateway in front, anybody could write these headers and be anybody.
    if (isProduction && !trustsGateway) {
      read.report(
        'AUTH_MODE',
        'trusted-headers is refused in production unless TRUST_GATEWAY_HEADERS=yes says that a gateway sets them',
      );
    }
    return { mode };
  }
  if (read.optional('JWKS_URL') !== null) {
    read.report('JWKS_URL', 'key sets are not supported yet, use JWT_SECRET');
  } else if (read.optional('JWT_SECRET') === null) {
    read.report('JWT_SECRET', 'is required with AUTH_MODE=jwt and should have at least 32 characters');
  }
  return {
    mode,
    // RFC 7518, 3.2: a key for HS256 has at least 256 bits.
    secret: read.secret('JWT_SECRET', 32) ?? '',
    issuer: read.optional('JWT_ISSUER'),
    audience: read.optional('JWT_AUDIENCE'),
    clockToleranceSeconds: read.wholeNumber('JWT_CLOCK_TOLERANCE_SECONDS', 5, { min: 0, max: 300 }),
  };
}
