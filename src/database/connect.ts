import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseEnvironment } from '../config/environment.js';
import { checkPooledLogin } from './check-pooled-login.js';
import { applicationDataSource } from './data-source.js';
import { APPLICATION_ROLE, sessionSettings } from './session.js';

interface Standing {
  is_application: boolean;
  is_unbound: boolean;
  has_schema: boolean;
}

/**
 * Connects, and makes sure that this is a database the service can work on and that row-level security binds it.
 * @throws an Error that says what to do
 */
export async function connect(
  database: DatabaseEnvironment,
  entities: NonNullable<DataSourceOptions['entities']>,
): Promise<DataSource> {
  const source = await new DataSource(applicationDataSource(database, entities)).initialize();
  try {
    if (database.pooler === 'transaction') await checkPooledLogin(source, sessionSettings(database));
    // What the newest migration adds: one that is missing would be noticed with the first message only.
    const [standing] = await source.query<Standing[]>(
      `select current_user = $1 as is_application, rolsuper or rolbypassrls as is_unbound,
        to_regprocedure('public.has_order_by_count(public.tenants)') is not null as has_schema
      from pg_roles where rolname = current_user`,
      [APPLICATION_ROLE],
    );
    if (standing?.is_application !== true || standing.is_unbound) {
      throw new Error(
        `the service must work as the role ${APPLICATION_ROLE}, which row-level security binds`,
      );
    }
    if (!standing.has_schema) {
      throw new Error(
        'the database lacks the schema of this version: run the migrations first (pnpm run db:run)',
      );
    }
    return source;
  } catch (error) {
    await source.destroy();
    throw error;
  }
}
