import type { DataSourceOptions } from 'typeorm';
import type { Environment } from '../config/environment.js';
import { tracing } from '../tracing/tracing.js';
import { MIGRATIONS } from './migrations.js';
import { SnakeCase } from './snake-case.js';
import { TracedClient } from './traced-client.js';

/** The role every statement of the service runs as: it owns nothing and row-level security binds it. */
export const APPLICATION_ROLE = 'inbox_app';

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
      ...(tracing() === null ? {} : { Client: TracedClient }),
      connectionTimeoutMillis: database.connectionTimeoutMs,
      statement_timeout: database.statementTimeoutMs,
      lock_timeout: database.lockTimeoutMs,
      idle_in_transaction_session_timeout: database.idleInTransactionTimeoutMs,
      // Plans of the hot functions do not depend on their arguments; planning them anew each time costs more than
      // running them. Memoize never pays for the few rows that a page of the queue joins. No statement runs as long as
      // compiling it would take, however many rows the planner fears. And a plan that is made while a table is small is
      // kept when it has grown: reading all of it is then the one way that must not have been chosen.
      options: [
        `role=${APPLICATION_ROLE}`,
        'plan_cache_mode=force_generic_plan',
        'enable_memoize=off',
        'enable_seqscan=off',
        'jit=off',
      ]
        .map((setting) => `-c ${setting}`)
        .join(' '),
    },
  };
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
