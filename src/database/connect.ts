import type { DataSource, DataSourceOptions } from 'typeorm';
import type { DatabaseEnvironment } from '../config/environment.js';
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
  /** Row-level security binds the role that statements run as. */
  is_bound: boolean;
  /** What somebody could do with the password of the login. */
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
 * Connects, and makes sure that this is a database the service can work on and that row-level security binds it.
 * @param warn hears of what is not as it should be, and can be lived with
 * @throws an Error that says what to do
 */
export async function connect(
  database: DatabaseEnvironment,
  entities: NonNullable<DataSourceOptions['entities']>,
  warn: (message: string) => void,
): Promise<DataSource> {
  const source = await new TenantDataSource(applicationDataSource(database, entities)).initialize();
  try {
    await checkServerVersion((text) => source.query(text));
    await checkLogin(source, database);
    await checkSchema(source, warn);
    return source;
  } catch (error) {
    await source.destroy();
    throw error;
  }
}

/**
 * A login that owns the schema, or that row-level security does not bind, can be told to forget the role it works as. In
 * production, and behind a pooler, whose connections nobody looks at, it must not be able to.
 */
async function checkLogin(source: DataSource, database: DatabaseEnvironment): Promise<void> {
  const isPooled = database.pooler === 'transaction';
  const [standing] = await source.query<Standing[]>(STANDING);
  if (standing === undefined) throw new Error('the database says nothing of the login');
  const { login, login_is_unbound, login_owns, login_is_platform } = standing;
  const power = login_is_unbound
    ? 'is above row-level security'
    : login_owns
      ? 'owns the schema'
      : login_is_platform
        ? 'may look across tenants'
        : null;
  if (power !== null && (database.requiresOwnLogin || isPooled)) {
    throw new Error(
      `the user of DATABASE_URL must be one that row-level security binds and that owns nothing, but "${login}" ${power}: ` +
        `name ${SERVICE_LOGIN} there, and the owner in DATABASE_ADMIN_URL; db:run makes that login (docs/database.md)`,
    );
  }
  if (isPooled) await checkPooledSettings(source, login, sessionSettings(database));
  if (!standing.is_bound)
    throw new Error(`the service must work as the role ${APPLICATION_ROLE}, which row-level security binds`);
}

async function checkSchema(source: DataSource, warn: (message: string) => void): Promise<void> {
  const state = await readSchemaState((text) => source.query(text), readSqlFiles());
  const reason = reasonNotToServe(state);
  if (reason !== null) throw new Error(reason);
  if (state.changedFiles.length > 0) {
    warn(
      `the database has other texts than this version of ${state.changedFiles.join(', ')}: db:run brings them`,
    );
  }
}
