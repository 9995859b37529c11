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

const SECRETS: readonly { variable: string; of: (values: Values) => string | null }[] = [
  { variable: 'JWT_SECRET', of: ({ auth }) => auth.jwtSecret },
  { variable: 'GATEWAY_SECRET', of: ({ auth }) => auth.gatewaySecret },
  { variable: 'PLATFORM_API_KEY', of: ({ platformApiKey }) => platformApiKey },
  { variable: 'METRICS_TOKEN', of: ({ metrics }) => metrics.token },
];

/** A random secret of 16 characters has fewer different ones less than once in a million times. */
const DIFFERENT_CHARACTERS = 6;

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
    isBroken: ({ nodeEnv, host, auth }) =>
      auth.mode === 'trusted-headers' &&
      !auth.trustGatewayHeaders &&
      (nodeEnv === 'production' || !isLoopback(host ?? 'localhost')),
    problem:
      'trusted-headers is not allowed in production, nor with a HOST that others can reach, unless TRUST_GATEWAY_HEADERS=yes confirms that a gateway sets the headers',
  },
  {
    variable: 'GATEWAY_SECRET',
    isBroken: ({ auth }) => auth.mode === 'jwt' && auth.gatewaySecret !== null,
    problem: 'applies only to AUTH_MODE=trusted-headers',
  },
  ...SECRETS.map(({ variable, of }) => ({
    variable,
    isBroken: (values: Values) => values.nodeEnv === 'production' && isGuessable(of(values)),
    problem: 'is easy to guess: production needs a random one, for example of openssl rand -base64 32',
  })),
  {
    variable: 'WEBHOOK_ALLOW_PRIVATE_TARGETS',
    // Any tenant could reach what only this network can.
    isBroken: ({ nodeEnv, webhooks }) => nodeEnv === 'production' && webhooks.allowPrivateTargets,
    problem: 'is for development: in production webhooks lead into the internet only',
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
    // The keys are those of all directories, whose administrators choose every other claim.
    variable: 'JWT_TENANT_CLAIM',
    isBroken: ({ auth }) => (auth.jwtIssuer ?? '').includes('{tenantid}') && auth.tenantClaim !== 'tid',
    problem: 'should be tid, because JWT_ISSUER has {tenantid}',
  },
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
  return protocol === 'http:' && !isLoopback(hostname);
}

function isLoopback(host: string): boolean {
  return ['localhost', '::1', '[::1]'].includes(host) || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Those of the demo and of examples, which everybody can read, and repeated characters. */
function isGuessable(text: string | null): boolean {
  if (text === null) return false;
  return (
    /^(demo|example|change|secret|password)|development/i.test(text) ||
    new Set(text).size < DIFFERENT_CHARACTERS
  );
}
