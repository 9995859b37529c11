import type { DataSourceOptions } from 'typeorm';
import type { Environment } from '../config/environment.js';
import { tracing } from '../tracing/tracing.js';
import { MIGRATIONS } from './migrations.js';
import { LoggedClient, TracedClient } from './observed-client.js';
import { PreparingClient } from './preparing-client.js';
import { sessionSettings } from './session.js';
import { SnakeCase } from './snake-case.js';

/** Network slack on top of statement_timeout before the client gives up. */
const SLACK_MS = 2_000;
const KEEP_ALIVE_AFTER_MS = 10_000;

/** How the service connects. */
export function applicationDataSource(
  database: Environment['database'],
  entities: NonNullable<DataSourceOptions['entities']>,
): DataSourceOptions {
  return {
    ...shared(database.url),
    entities,
    namingStrategy: new SnakeCase(),
    poolSize: database.poolSize,
    extra: {
      ...observer(database),
      connectionTimeoutMillis: database.connectionTimeoutMs,
      // PostgreSQL ends a statement itself; when not even that is heard, the connection is dead and nobody waits for it.
      query_timeout: database.statementTimeoutMs + SLACK_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      ...perConnection(database),
    },
  };
}

/** Nothing stands in the way of statements unless somebody looks at them. */
function observer({ logsStatements }: Environment['database']) {
  if (logsStatements) return { Client: LoggedClient };
  return { Client: tracing() === null ? PreparingClient : TracedClient };
}

/**
 * What is told to each connection. One that a pooler gives out for a transaction at a time is told nothing: the pooler
 * would refuse or lose it, so there the settings come with the login. See checkPooledLogin.
 */
function perConnection(database: Environment['database']) {
  if (database.pooler === 'transaction') return { namesStatements: false };
  const settings = Object.entries(sessionSettings(database)).map(([name, value]) => `-c ${name}=${value}`);
  return { options: settings.join(' ') };
}

/** How migrations connect: as the owner, and without a limit on how long a statement runs. */
export function migrationDataSource(database: Pick<Environment['database'], 'adminUrl'>): DataSourceOptions {
  return { ...shared(database.adminUrl), migrations: MIGRATIONS, migrationsTransactionMode: 'each' };
}

function shared(url: string) {
  return {
    type: 'postgres' as const,
    url,
    synchronize: false,
    logging: false as const,
    applicationName: 'inbox-allocation',
  };
}
