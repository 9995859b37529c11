import { describeMisspellings } from './known-variables.js';
import { RULES, type Values } from './rules.js';
import { readVariables, textOf } from './variable.js';
import { VARIABLES } from './variables.js';

/** The values of the table, with what follows from several of them. */
export interface Environment extends Omit<Values, 'host' | 'database' | 'auth' | 'tracesEndpoint'> {
  host: string;
  database: DatabaseEnvironment;
  auth: AuthEnvironment;
  /** Whether spans are sent; where to and how, OpenTelemetry reads from the environment itself. */
  tracing: boolean;
}

export interface DatabaseEnvironment extends Omit<Values['database'], 'adminUrl'> {
  /** Owner of the schema, for migrations. */
  adminUrl: string;
  /** Whether the user of `url` must be one that owns nothing. */
  requiresOwnLogin: boolean;
}

export type AuthEnvironment = TokenEnvironment | { mode: 'trusted-headers' };

export interface TokenEnvironment {
  mode: 'jwt';
  /** What signatures are checked with: a shared secret, or the public keys of an identity provider. */
  keys: { secret: string } | { url: string; algorithms: Values['auth']['jwtAlgorithms'] };
  /** What tokens have to say; null asks nothing. With keys of an identity provider never null. */
  issuer: string | null;
  audience: string | null;
  /** By how much the clock of whoever signs may differ from ours. */
  clockToleranceSeconds: number;
}

/** The environment can't be used. `problems` has one line for each variable that is wrong. */
export class EnvironmentError extends Error {
  constructor(readonly problems: string[]) {
    super(problems.join('\n'));
    this.name = 'EnvironmentError';
  }
}

/** The service's settings from environment variables. Throws an EnvironmentError with every problem. */
export function readEnvironment(source: NodeJS.ProcessEnv): Environment {
  const problems: string[] = [];
  const values = readVariables(VARIABLES, source, problems);
  const isSet = (name: string) => textOf(source, name) !== null;
  for (const { variable, isBroken, problem } of RULES) {
    // One line for each variable: what is wrong by itself comes first.
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
    // On a developer's machine nobody else in the network needs to reach a service without log-in.
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
  if (auth.mode === 'trusted-headers') return { mode: auth.mode };
  return {
    mode: auth.mode,
    keys:
      auth.jwksUrl === null
        ? { secret: auth.jwtSecret ?? '' }
        : { url: auth.jwksUrl, algorithms: auth.jwtAlgorithms },
    issuer: auth.jwtIssuer,
    audience: auth.jwtAudience,
    clockToleranceSeconds: auth.clockToleranceSeconds,
  };
}

/**
 * Where the database is, for commands that work as its owner. One address is enough for them. Who may call the service
 * makes no difference there, so nobody has to hand over its secrets.
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
