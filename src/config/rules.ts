import type { ValuesOf } from './variable.js';
import type { VARIABLES } from './variables.js';

export type Values = ValuesOf<typeof VARIABLES>;

/** What variables must be together, and what production refuses. */
export interface Rule {
  /** The one to change. */
  readonly variable: string;
  readonly isBroken: (values: Values, isSet: (name: string) => boolean) => boolean;
  readonly problem: string;
}

export const RULES: readonly Rule[] = [
  {
    variable: 'SHUTDOWN_DELAY_SECONDS',
    isBroken: ({ shutdownDelaySeconds: delay, shutdownTimeoutSeconds: timeout }) =>
      delay > 0 && delay >= timeout,
    problem: 'should be below SHUTDOWN_TIMEOUT_SECONDS, which it is part of',
  },
  {
    // Without a gateway in front, anybody could write these headers and be anybody.
    variable: 'AUTH_MODE',
    isBroken: ({ nodeEnv, auth }) =>
      nodeEnv === 'production' && auth.mode === 'trusted-headers' && !auth.trustGatewayHeaders,
    problem:
      'trusted-headers is refused in production unless TRUST_GATEWAY_HEADERS=yes says that a gateway sets them',
  },
  {
    variable: 'JWT_SECRET',
    isBroken: ({ auth }, isSet) => auth.mode === 'jwt' && !isSet('JWT_SECRET') && !isSet('JWKS_URL'),
    problem: 'is required with AUTH_MODE=jwt, with at least 32 characters, or else JWKS_URL',
  },
  {
    variable: 'JWT_ALGORITHMS',
    isBroken: ({ auth }, isSet) => auth.mode === 'jwt' && isSet('JWT_ALGORITHMS') && !isSet('JWKS_URL'),
    problem: 'belongs to JWKS_URL: with JWT_SECRET tokens are signed with HS256',
  },
  {
    variable: 'JWKS_URL',
    isBroken: ({ auth }, isSet) => auth.mode === 'jwt' && isSet('JWKS_URL') && isSet('JWT_SECRET'),
    problem: 'is set and so is JWT_SECRET: one of the two signs tokens, not both',
  },
  {
    variable: 'JWKS_URL',
    isBroken: ({ auth }) => auth.mode === 'jwt' && hasCredentials(auth.jwksUrl),
    problem: 'should have no user name and password: public keys are for everybody',
  },
  {
    variable: 'JWKS_URL',
    isBroken: ({ nodeEnv, auth }) =>
      nodeEnv === 'production' && auth.mode === 'jwt' && isPlainFromElsewhere(auth.jwksUrl),
    problem: 'should begin with https in production, or others could slip in keys of their own',
  },
  // An identity provider signs for many applications with the same keys.
  ...['JWT_ISSUER', 'JWT_AUDIENCE'].map((variable) => ({
    variable,
    isBroken: ({ auth }: Values, isSet: (name: string) => boolean) =>
      auth.mode === 'jwt' && isSet('JWKS_URL') && !isSet(variable),
    problem: 'is required with JWKS_URL',
  })),
  {
    variable: 'PRIORITY_BETA',
    isBroken: ({ priority: { alpha, beta } }) => alpha === 0 && beta === 0,
    problem: 'should be above 0 when PRIORITY_ALPHA is 0, or nothing orders the queue',
  },
];

function hasCredentials(url: string | null): boolean {
  if (url === null) return false;
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

/** URL writes an address in one way only, however it was given. */
function isPlainFromElsewhere(url: string | null): boolean {
  if (url === null) return false;
  const { protocol, hostname } = new URL(url);
  const isLoopback =
    hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  return protocol === 'http:' && !isLoopback;
}
