import { describeMisspellings } from './known-variables.js';
import { RULES, type Values } from './rules.js';
import { readVariables, textOf } from './variable.js';
import { VARIABLES } from './variables.js';

/** The values of all variables, combined where several of them belong together. */
export interface Environment extends Omit<Values, 'host' | 'database' | 'auth' | 'tracesEndpoint'> {
  host: string;
  database: DatabaseEnvironment;
  auth: AuthEnvironment;
  /** Whether spans are sent. OpenTelemetry reads the target from the environment itself. */
  tracing: boolean;
}

export interface DatabaseEnvironment extends Omit<Values['database'], 'adminUrl'> {
  /** The owner of the schema, for migrations. */
  adminUrl: string;
  /** Whether the user of `url` must own nothing. */
  requiresOwnLogin: boolean;
}

export type AuthEnvironment = TokenEnvironment | GatewayEnvironment;

export interface GatewayEnvironment {
  mode: 'trusted-headers';
  /** What proves that a request comes from the gateway; null: nothing does. */
  gatewaySecret: string | null;
}

export interface TokenEnvironment {
  mode: 'jwt';
  /** The keys that check signatures: a shared secret, or the public keys of an identity provider. */
  keys: { secret: string } | { url: string; algorithms: Values['auth']['jwtAlgorithms'] };
  /** The required claims of tokens; null requires nothing. With keys of an identity provider both are set. */
  issuer: string | null;
  audience: string | null;
  /** The names of the claims that say who is calling. */
  tenantClaim: string;
  operatorClaim: string;
  /** The largest allowed difference between our clock and that of the issuer. */
  clockToleranceSeconds: number;
}

/** The environment cannot be used. `problems` has one line per invalid variable. */
export class EnvironmentError extends Error {
  constructor(readonly problems: string[]) {
    super(problems.join('\n'));
    this.name = 'EnvironmentError';
  }
}

/**
 * Reads the settings of the service from environment variables.
 * @throws EnvironmentError with every problem
 */
export function readEnvironment(source: NodeJS.ProcessEnv): Environment {
  const problems: string[] = [];
  const values = readVariables(VARIABLES, source, problems);
  const isSet = (name: string) => textOf(source, name) !== null;
  for (const { variable, isBroken, problem } of RULES) {
    // One line per variable; a problem of the variable alone comes first.
    const isKnown = problems.some((line) => line.startsWith(`${variable}: `));
    if (!isKnown && isBroken(values, isSet)) problems.push(`${variable}: ${problem}`);
  }
  problems.push(...describeMisspellings(source));
  if (problems.length > 0) throw new EnvironmentError(problems);
  return environmentOf(values);
}

function environmentOf({ tracesEndpoint, auth, ...values }: Values): Environment {
  const isProduction = values.nodeEnv === 'production';
  const { database } = values;
  return {
    ...values,
    // Without authentication a service in development should not be reachable from the network.
    host: values.host ?? (isProduction ? '0.0.0.0' : '127.0.0.1'),
    database: {
      ...database,
      adminUrl: database.adminUrl ?? database.url,
      requiresOwnLogin: isProduction,
    },
    auth: authOf(auth),
    tracing: tracesEndpoint !== null,
  };
}

function authOf(auth: Values['auth']): AuthEnvironment {
  if (auth.mode === 'trusted-headers') return { mode: auth.mode, gatewaySecret: auth.gatewaySecret };
  return {
    mode: auth.mode,
    keys:
      auth.jwksUrl === null
        ? { secret: auth.jwtSecret ?? '' }
        : { url: auth.jwksUrl, algorithms: auth.jwtAlgorithms },
    issuer: auth.jwtIssuer,
    audience: auth.jwtAudience,
    tenantClaim: auth.tenantClaim,
    operatorClaim: auth.operatorClaim,
    clockToleranceSeconds: auth.clockToleranceSeconds,
  };
}

/**
 * Reads the address of the database for commands that work as its owner. One of the two addresses is enough. It
 * ignores how callers authenticate, so that these commands do not require those secrets.
 * @throws EnvironmentError with every problem
 */
export function readDatabaseForOwner(source: NodeJS.ProcessEnv): DatabaseEnvironment {
  return readEnvironment({
    ...source,
    DATABASE_URL: source['DATABASE_URL'] || source['DATABASE_ADMIN_URL'],
    AUTH_MODE: 'trusted-headers',
    TRUST_GATEWAY_HEADERS: 'yes',
  }).database;
}
