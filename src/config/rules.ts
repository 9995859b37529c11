import type { ValuesOf } from './variable.js';
import type { VARIABLES } from './variables.js';

export type Values = ValuesOf<typeof VARIABLES>;

/** A condition on several variables, or one that applies to production. */
export interface Rule {
  /** The variable to change. */
  readonly variable: string;
  readonly isBroken: (values: Values, isSet: (name: string) => boolean) => boolean;
  readonly problem: string;
}

export const RULES: readonly Rule[] = [
  {
    variable: 'SHUTDOWN_DELAY_SECONDS',
    isBroken: ({ shutdownDelaySeconds: delay, shutdownTimeoutSeconds: timeout }) =>
      delay > 0 && delay >= timeout,
    problem: 'should be less than SHUTDOWN_TIMEOUT_SECONDS, which includes it',
  },
  {
    // Without a gateway, anybody could send these headers and be any caller.
    variable: 'AUTH_MODE',
    isBroken: ({ nodeEnv, auth }) =>
      nodeEnv === 'production' && auth.mode === 'trusted-headers' && !auth.trustGatewayHeaders,
    problem:
      'trusted-headers is not allowed in production unless TRUST_GATEWAY_HEADERS=yes confirms that a gateway sets the headers',
  },
  {
    variable: 'JWT_SECRET',
    isBroken: ({ auth }, isSet) => auth.mode === 'jwt' && !isSet('JWT_SECRET') && !isSet('JWKS_URL'),
    problem: 'is required with AUTH_MODE=jwt unless JWKS_URL is set; at least 32 characters',
  },
  {
    variable: 'JWT_ALGORITHMS',
    isBroken: ({ auth }, isSet) => auth.mode === 'jwt' && isSet('JWT_ALGORITHMS') && !isSet('JWKS_URL'),
    problem: 'applies only to JWKS_URL: with JWT_SECRET tokens are signed with HS256',
  },
  {
    variable: 'JWKS_URL',
    isBroken: ({ auth }, isSet) => auth.mode === 'jwt' && isSet('JWKS_URL') && isSet('JWT_SECRET'),
    problem: 'is set together with JWT_SECRET: set only one of them',
  },
  {
    variable: 'JWKS_URL',
    isBroken: ({ auth }) => auth.mode === 'jwt' && hasCredentials(auth.jwksUrl),
    problem: 'should have no user name and password',
  },
  {
    variable: 'JWKS_URL',
    isBroken: ({ nodeEnv, auth }) =>
      nodeEnv === 'production' && auth.mode === 'jwt' && isPlainFromElsewhere(auth.jwksUrl),
    problem: 'should begin with https in production, because an attacker could replace the keys otherwise',
  },
  // An identity provider signs tokens for many applications with the same keys.
  ...['JWT_ISSUER', 'JWT_AUDIENCE'].map((variable) => ({
    variable,
    isBroken: ({ auth }: Values, isSet: (name: string) => boolean) =>
      auth.mode === 'jwt' && isSet('JWKS_URL') && !isSet(variable),
    problem: 'is required with JWKS_URL',
  })),
  {
    variable: 'PRIORITY_BETA',
    isBroken: ({ priority: { alpha, beta } }) => alpha === 0 && beta === 0,
    problem:
      'should be greater than 0 when PRIORITY_ALPHA is 0, because nothing would order the queue otherwise',
  },
];

function hasCredentials(url: string | null): boolean {
  if (url === null) return false;
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

/** URL normalizes every way to write an address. */
function isPlainFromElsewhere(url: string | null): boolean {
  if (url === null) return false;
  const { protocol, hostname } = new URL(url);
  const isLoopback =
    hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  return protocol === 'http:' && !isLoopback;
}
