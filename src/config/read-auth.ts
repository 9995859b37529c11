import type { VariableReader } from './variable-reader.js';

export type AuthEnvironment = TokenEnvironment | { mode: 'trusted-headers' };

export interface TokenEnvironment {
  mode: 'jwt';
  /** What signatures are checked with: a shared secret, or the public keys of an identity provider. */
  keys: { secret: string } | { url: string; algorithms: SignatureAlgorithm[] };
  /** What tokens have to say; null asks nothing. With keys of an identity provider never null. */
  issuer: string | null;
  audience: string | null;
  /** By how much the clock of whoever signs may differ from ours. */
  clockToleranceSeconds: number;
}

const AUTH_MODES = ['jwt', 'trusted-headers'] as const;

/** With public keys only: a secret among them would be one that everybody can read. */
const SIGNATURE_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;
type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];
const USUAL_ALGORITHMS: SignatureAlgorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA'];

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
  return {
    mode,
    keys: read.optional('JWKS_URL') === null ? readSecret(read) : readKeySet(read, isProduction),
    issuer: read.optional('JWT_ISSUER'),
    audience: read.optional('JWT_AUDIENCE'),
    clockToleranceSeconds: read.wholeNumber('JWT_CLOCK_TOLERANCE_SECONDS', 5, { min: 0, max: 300 }),
  };
}

function readSecret(read: VariableReader): TokenEnvironment['keys'] {
  if (read.optional('JWT_SECRET') === null) {
    read.report(
      'JWT_SECRET',
      'is required with AUTH_MODE=jwt, with at least 32 characters, or else JWKS_URL',
    );
  }
  if (read.optional('JWT_ALGORITHMS') !== null) {
    read.report('JWT_ALGORITHMS', 'belongs to JWKS_URL: with JWT_SECRET tokens are signed with HS256');
  }
  // RFC 7518, 3.2: a key for HS256 has at least 256 bits.
  return { secret: read.secret('JWT_SECRET', 32) ?? '' };
}

function readKeySet(read: VariableReader, isProduction: boolean): TokenEnvironment['keys'] {
  if (read.optional('JWT_SECRET') !== null) {
    read.report('JWKS_URL', 'is set and so is JWT_SECRET: one of the two signs tokens, not both');
  }
  for (const name of ['JWT_ISSUER', 'JWT_AUDIENCE'] as const) {
    // An identity provider signs for many applications with the same keys.
    if (read.optional(name) === null) read.report(name, 'is required with JWKS_URL');
  }
  const url = read.httpUrl('JWKS_URL', 'https://id.example.com/.well-known/jwks.json');
  if (url !== null && (url.username !== '' || url.password !== '')) {
    read.report('JWKS_URL', 'should have no user name and password: public keys are for everybody');
  }
  if (isProduction && url?.protocol === 'http:' && !isLoopback(url)) {
    read.report(
      'JWKS_URL',
      'should begin with https in production, or others could slip in keys of their own',
    );
  }
  return {
    url: url?.href ?? '',
    algorithms: read.someOf('JWT_ALGORITHMS', SIGNATURE_ALGORITHMS, USUAL_ALGORITHMS),
  };
}

/** A URL writes an address in one way only, however it was given. */
function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
