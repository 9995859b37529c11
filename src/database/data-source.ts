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

/** The data source of the service. */
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
      // PostgreSQL cancels a statement itself. Without a response even to that, the connection is dead.
      query_timeout: database.statementTimeoutMs + SLACK_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      ...perConnection(database),
      isDistributed: database.isDistributed,
    },
  };
}

/** Uses a plain client, without overhead, unless statements are traced or logged. */
function observer({ logsStatements }: Environment['database']) {
  if (logsStatements) return { Client: LoggedClient };
  return { Client: tracing() === null ? PreparingClient : TracedClient };
}

/**
 * The startup settings of a connection. A pooler in transaction mode would reject or lose them, so there they belong
 * to the login. See checkPooledSettings.
 */
function perConnection(database: Environment['database']) {
  if (database.pooler === 'transaction') return { namesStatements: false };
  const settings = Object.entries(sessionSettings(database)).map(([name, value]) => `-c ${name}=${value}`);
  return { options: settings.join(' ') };
}

/** The data source of migrations: the owner, without a limit on the duration of statements. */
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
