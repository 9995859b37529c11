import type { DataSource, DataSourceOptions } from 'typeorm';
import type { DatabaseEnvironment } from '../config/environment.js';
import { checkDistribution } from './check-distribution.js';
import { checkPooledSettings } from './check-pooled-settings.js';
import { applicationDataSource } from './data-source.js';
import { reasonNotToServe, readSchemaState } from './schema-state.js';
import { checkServerVersion } from './server-version.js';
import { APPLICATION_ROLE, sessionSettings } from './session.js';
import { PLATFORM_ROLE, SERVICE_LOGIN } from './roles.js';
import { readSqlFiles } from './sql-files.js';
import { TenantDataSource } from './tenant-data-source.js';

interface Standing {
  login: string;
  /** Whether row-level security applies to the role that runs the statements. */
  is_bound: boolean;
  /** The rights of the login itself. */
  login_is_unbound: boolean;
  login_owns: boolean;
  login_is_platform: boolean;
}

const STANDING = `
  select session_user::text as login,
    current_user = '${APPLICATION_ROLE}' and not c.rolsuper and not c.rolbypassrls as is_bound,
    l.rolsuper or l.rolbypassrls as login_is_unbound,
    exists (
      select 1 from pg_class t
      where t.relnamespace = 'public'::regnamespace and pg_has_role(session_user, t.relowner, 'member')) as login_owns,
    coalesce((select pg_has_role(session_user, p.oid, 'member') from pg_roles p where p.rolname = '${PLATFORM_ROLE}'), false)
      as login_is_platform
  from pg_roles c cross join pg_roles l
  where c.rolname = current_user and l.rolname = session_user`;

/**
 * Connects, and checks that the service can work on this database and that row-level security applies to it.
 * @param warn receives problems that do not prevent a start
 * @throws Error that says what to do
 */
export async function connect(
  database: DatabaseEnvironment,
  entities: NonNullable<DataSourceOptions['entities']>,
  warn: (message: string) => void,
): Promise<DataSource> {
  const source = await new TenantDataSource(applicationDataSource(database, entities)).initialize();
  try {
    await checkServerVersion((text) => source.query(text));
    // Before the settings of the sessions, which depend on it.
    await checkDistribution((text) => source.query(text), database);
    await checkLogin(source, database);
    await checkSchema(source, warn);
    return source;
  } catch (error) {
    await source.destroy();
    throw error;
  }
}

/**
 * A login that owns the schema, or that bypasses row-level security, can leave the role that it works as. Production
 * and poolers must not allow that.
 */
async function checkLogin(source: DataSource, database: DatabaseEnvironment): Promise<void> {
  const isPooled = database.pooler === 'transaction';
  const [standing] = await source.query<Standing[]>(STANDING);
  if (standing === undefined) throw new Error('the database returned no facts about the login');
  const { login, login_is_unbound, login_owns, login_is_platform } = standing;
  const power = login_is_unbound
    ? 'bypasses row-level security'
    : login_owns
      ? 'owns the schema'
      : login_is_platform
        ? 'may read across tenants'
        : null;
  if (power !== null && (database.requiresOwnLogin || isPooled)) {
    throw new Error(
      `row-level security must apply to the user of DATABASE_URL, and it must own nothing, but "${login}" ${power}: ` +
        `use ${SERVICE_LOGIN} there and the owner in DATABASE_ADMIN_URL; db:run creates that login (docs/database.md)`,
    );
  }
  if (isPooled) await checkPooledSettings(source, login, sessionSettings(database));
  if (!standing.is_bound)
    throw new Error(
      `the service must work as the role ${APPLICATION_ROLE}, to which row-level security applies`,
    );
}

async function checkSchema(source: DataSource, warn: (message: string) => void): Promise<void> {
  const state = await readSchemaState((text) => source.query(text), readSqlFiles());
  const reason = reasonNotToServe(state);
  if (reason !== null) throw new Error(reason);
  if (state.changedFiles.length > 0) {
    warn(
      `these functions or views differ from this version: ${state.changedFiles.join(', ')}. Run db:run to update them`,
    );
  }
}
