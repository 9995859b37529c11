import { describeMisspellings } from './known-variables.js';
import { readAuth, type AuthEnvironment } from './read-auth.js';
import { VariableReader } from './variable-reader.js';

export interface Environment {
  nodeEnv: NodeEnv;
  host: string;
  /** 0 lets the operating system pick a free port. */
  port: number;
  logLevel: LogLevel;
  database: DatabaseEnvironment;
  auth: AuthEnvironment;
  /** Key of the platform principal; without one nobody can create tenants over HTTP. */
  platformApiKey: string | null;
  /** Weights of new tenants' priority score. */
  priority: { alpha: number; beta: number };
  gracePeriodSeconds: number;
  /** Pause between two runs that re-queue what absent operators hold too long; 0 switches them off. */
  graceExpiryIntervalSeconds: number;
  /** Pause between two runs that mark waiting conversations past the delay cap; 0 switches them off. */
  saturationSweepIntervalSeconds: number;
  /** Pause between two runs that distribute what was left waiting in push inboxes; 0 switches them off. */
  distributionSweepIntervalSeconds: number;
  /** Pause between two runs that fold the ledger into the statistics; 0 switches them off. */
  statsIntervalSeconds: number;
  /** Whether operators of a tenant who ask for a conversation at the same time go into one transaction. */
  coalescesAllocate: boolean;
  /** How long an answer is kept for those who ask again with its key. */
  idempotencyTtlHours: number;
  /** Pause between two runs that take away what has expired; 0 switches them off. */
  cleanUpIntervalSeconds: number;
  webhooks: WebhookEnvironment;
  streams: StreamEnvironment;
  /** Requests that one principal may make within a minute, over all instances; 0: any number. */
  rateLimitPerMinute: number;
  metrics: MetricsEnvironment;
  /** Whether spans are sent; where to and how, OpenTelemetry reads from the environment itself. */
  tracing: boolean;
  corsOrigins: string[];
  /** Between being told to stop and refusing requests: while it lasts only `/ready` says that it is over. */
  shutdownDelaySeconds: number;
  shutdownTimeoutSeconds: number;
}

export interface MetricsEnvironment {
  /** What a scraper has to prove itself with; null: nothing. */
  token: string | null;
  /** How long what was measured in the database is told again; 0: nothing is measured there. */
  intervalSeconds: number;
  /** How many inboxes are told one by one. */
  inboxes: number;
}

export interface WebhookEnvironment {
  /** Pause between two runs that look for something to deliver; 0 switches them off. */
  intervalSeconds: number;
  /** How long a receiver may take to answer. */
  timeoutSeconds: number;
  /** For development: lets deliveries into the own network. */
  allowPrivateTargets: boolean;
}

export interface StreamEnvironment {
  /** Pause between two looks for what is new, once for each tenant of which somebody listens. */
  pollIntervalMs: number;
  /** How often a reader is shown that the connection lives, and how long they may take to read what waits. */
  heartbeatSeconds: number;
  /** After that a reader has to come back and to prove anew who they are. */
  lifetimeSeconds: number;
  /** Streams that this instance takes. */
  limit: number;
  /** Of these, by one operator, API key or service. */
  limitPerPrincipal: number;
}

export interface DatabaseEnvironment {
  url: string;
  /** Owner of the schema, for migrations. */
  adminUrl: string;
  /** Whether the user of `url` must be one that owns nothing. */
  requiresOwnLogin: boolean;
  /** What stands between the service and the database and lends out a connection for a transaction at a time. */
  pooler: Pooler;
  poolSize: number;
  connectionTimeoutMs: number;
  statementTimeoutMs: number;
  lockTimeoutMs: number;
  idleInTransactionTimeoutMs: number;
}

const NODE_ENVS = ['development', 'production', 'test'] as const;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const POOLERS = ['none', 'transaction'] as const;
type NodeEnv = (typeof NODE_ENVS)[number];
type LogLevel = (typeof LOG_LEVELS)[number];
type Pooler = (typeof POOLERS)[number];

/** Largest delay that setTimeout and PostgreSQL's timeouts take. */
const MAX_MS = 2_147_483_647;
const DAY_SECONDS = 24 * 60 * 60;

/** The environment can't be used. `problems` has one line for each variable that is wrong. */
export class EnvironmentError extends Error {
  constructor(readonly problems: string[]) {
    super(problems.join('\n'));
    this.name = 'EnvironmentError';
  }
}

/** The service's settings from environment variables. Throws an EnvironmentError with every problem. */
export function readEnvironment(source: NodeJS.ProcessEnv): Environment {
  const read = new VariableReader(source);
  const nodeEnv = read.oneOf('NODE_ENV', NODE_ENVS, 'development');
  const environment: Environment = {
    nodeEnv,
    // On a developer's machine nobody else in the network needs to reach a service without log-in.
    host: read.optional('HOST') ?? (nodeEnv === 'production' ? '0.0.0.0' : '127.0.0.1'),
    port: read.wholeNumber('PORT', 3000, { min: 0, max: 65_535 }),
    logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    database: readDatabase(read, nodeEnv === 'production'),
    auth: readAuth(read, { isProduction: nodeEnv === 'production' }),
    platformApiKey: read.secret('PLATFORM_API_KEY', 16),
    priority: readPriority(read),
    gracePeriodSeconds: read.wholeNumber('GRACE_PERIOD_SECONDS', 900, { min: 0, max: 30 * DAY_SECONDS }),
    graceExpiryIntervalSeconds: read.wholeNumber('GRACE_EXPIRY_INTERVAL_SECONDS', 5, {
      min: 0,
      max: DAY_SECONDS,
    }),
    saturationSweepIntervalSeconds: read.wholeNumber('SATURATION_SWEEP_INTERVAL_SECONDS', 30, {
      min: 0,
      max: DAY_SECONDS,
    }),
    distributionSweepIntervalSeconds: read.wholeNumber('DISTRIBUTION_SWEEP_INTERVAL_SECONDS', 10, {
      min: 0,
      max: DAY_SECONDS,
    }),
    statsIntervalSeconds: read.wholeNumber('STATS_INTERVAL_SECONDS', 2, { min: 0, max: DAY_SECONDS }),
    coalescesAllocate: read.oneOf('ALLOCATE_COALESCING', ['yes', 'no'], 'yes') === 'yes',
    idempotencyTtlHours: read.wholeNumber('IDEMPOTENCY_TTL_HOURS', 24, { min: 1, max: 24 * 365 }),
    cleanUpIntervalSeconds: read.wholeNumber('CLEAN_UP_INTERVAL_SECONDS', 3600, { min: 0, max: DAY_SECONDS }),
    webhooks: readWebhooks(read),
    streams: readStreams(read),
    rateLimitPerMinute: read.wholeNumber('RATE_LIMIT_PER_MINUTE', 120_000, { min: 0, max: 10_000_000 }),
    metrics: {
      token: read.secret('METRICS_TOKEN', 16),
      intervalSeconds: read.wholeNumber('METRICS_INTERVAL_SECONDS', 10, { min: 0, max: 3600 }),
      inboxes: read.wholeNumber('METRICS_INBOXES', 100, { min: 0, max: 10_000 }),
    },
    tracing: read.httpUrl('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:4318') !== null,
    corsOrigins: read.origins('CORS_ORIGINS'),
    shutdownDelaySeconds: read.wholeNumber('SHUTDOWN_DELAY_SECONDS', 0, { min: 0, max: 3600 }),
    shutdownTimeoutSeconds: read.wholeNumber('SHUTDOWN_TIMEOUT_SECONDS', 30, { min: 1, max: 3600 }),
  };
  if (
    environment.shutdownDelaySeconds > 0 &&
    environment.shutdownDelaySeconds >= environment.shutdownTimeoutSeconds
  ) {
    read.report('SHUTDOWN_DELAY_SECONDS', 'should be below SHUTDOWN_TIMEOUT_SECONDS, which it is part of');
  }
  const problems = [...read.problems, ...describeMisspellings(source)];
  if (problems.length > 0) throw new EnvironmentError(problems);
  return environment;
}

function readDatabase(read: VariableReader, isProduction: boolean): DatabaseEnvironment {
  const url = read.postgresUrl('DATABASE_URL') ?? '';
  if (read.optional('DATABASE_URL') === null) {
    read.report('DATABASE_URL', 'is required, such as postgresql://user:password@host:5432/inbox');
  }
  return {
    url,
    adminUrl: read.postgresUrl('DATABASE_ADMIN_URL') ?? url,
    requiresOwnLogin: isProduction,
    pooler: read.oneOf('DATABASE_POOLER', POOLERS, 'none'),
    poolSize: read.wholeNumber('DATABASE_POOL_SIZE', 8, { min: 1, max: 1000 }),
    connectionTimeoutMs: read.wholeNumber('DATABASE_CONNECTION_TIMEOUT_MS', 5000, { min: 1, max: MAX_MS }),
    statementTimeoutMs: read.wholeNumber('DATABASE_STATEMENT_TIMEOUT_MS', 15_000, { min: 1, max: MAX_MS }),
    lockTimeoutMs: read.wholeNumber('DATABASE_LOCK_TIMEOUT_MS', 5000, { min: 1, max: MAX_MS }),
    idleInTransactionTimeoutMs: read.wholeNumber('DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS', 10_000, {
      min: 1,
      max: MAX_MS,
    }),
  };
}

function readWebhooks(read: VariableReader): WebhookEnvironment {
  return {
    intervalSeconds: read.wholeNumber('WEBHOOK_INTERVAL_SECONDS', 2, { min: 0, max: DAY_SECONDS }),
    timeoutSeconds: read.wholeNumber('WEBHOOK_TIMEOUT_SECONDS', 15, { min: 1, max: 60 }),
    allowPrivateTargets: read.oneOf('WEBHOOK_ALLOW_PRIVATE_TARGETS', ['yes', 'no'], 'no') === 'yes',
  };
}

function readStreams(read: VariableReader): StreamEnvironment {
  return {
    pollIntervalMs: read.wholeNumber('STREAM_POLL_INTERVAL_MS', 500, { min: 10, max: 60_000 }),
    heartbeatSeconds: read.wholeNumber('STREAM_HEARTBEAT_SECONDS', 15, { min: 1, max: 300 }),
    lifetimeSeconds: read.wholeNumber('STREAM_LIFETIME_SECONDS', 900, { min: 1, max: DAY_SECONDS }),
    limit: read.wholeNumber('STREAM_LIMIT', 2_000, { min: 1, max: 100_000 }),
    limitPerPrincipal: read.wholeNumber('STREAM_LIMIT_PER_PRINCIPAL', 20, { min: 1, max: 100_000 }),
  };
}

function readPriority(read: VariableReader): Environment['priority'] {
  const alpha = read.notNegative('PRIORITY_ALPHA', 0.4);
  const beta = read.notNegative('PRIORITY_BETA', 0.6);
  if (alpha === 0 && beta === 0) {
    read.report('PRIORITY_BETA', 'should be above 0 when PRIORITY_ALPHA is 0, or nothing orders the queue');
  }
  return { alpha, beta };
}
