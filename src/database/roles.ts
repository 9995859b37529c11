import type { QueryRunner } from 'typeorm';
import { sqlStateOf } from './failure.js';
import { APPLICATION_ROLE } from './session.js';

/** Owns the functions that read across tenants, and has no other rights. It cannot log in. */
export const PLATFORM_ROLE = 'inbox_platform';

/** The login of the application, unless the configuration names another one. */
export const SERVICE_LOGIN = 'inbox_service';

/** The login of the application. */
export interface ServiceLogin {
  readonly name: string;
  /** null: the login has no password and cannot be used yet. */
  readonly password: string | null;
  /** Settings of its sessions. They belong to the login because a pooler does not pass on settings of a connection. */
  readonly settings: Readonly<Record<string, string>>;
  /** Whether the configuration names this login. Otherwise it is created only when the session has the right to. */
  readonly isRequired: boolean;
}

/** A change of roles as SQL. */
export interface RoleChange {
  readonly sql: string;
  /** The SQL without a password, for logs. */
  readonly shown: string;
  /** Whether the service cannot work without the change. Settings of a login matter only with a pooler. */
  readonly isNeeded: boolean;
}

interface Facts {
  version: number;
  is_superuser: boolean;
  existing: string[];
  may_use_schema: boolean;
}

/** Roles belong to the whole server, and another database of it can be migrated at the same time. */
const ATTEMPTS = 5;
/** Another session created the role, or changed the same catalog row ("tuple concurrently updated"). */
const MET_ANOTHER = new Set(['42710', '23505', 'XX000']);

/**
 * Creates the missing roles, as far as the session has the right to.
 * @param owner the owner of the schema, also before it exists
 * @throws Error with one line of SQL for an administrator, when the session lacks the right
 */
export async function ensureRoles(
  runner: QueryRunner,
  owner: string,
  login: ServiceLogin,
): Promise<RoleChange[]> {
  for (let attempt = 1; ; attempt++) {
    const changes = await missingRoles(runner, owner, login);
    if (changes.length === 0) return changes;
    try {
      await runner.startTransaction();
      for (const { sql } of changes) await runner.query(sql);
      await runner.commitTransaction();
      return changes;
    } catch (error) {
      await runner.rollbackTransaction();
      const state = sqlStateOf(error);
      if (state === '42501') throw needsAdministrator(await mayDo(runner), changes, error);
      if (!MET_ANOTHER.has(state) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** The changes that the owner needs to migrate and the application needs to log in, in a valid order. */
export async function missingRoles(
  runner: QueryRunner,
  owner: string,
  login: ServiceLogin,
): Promise<RoleChange[]> {
  const facts = await factsOf(runner, owner, login.name);
  const exists = (role: string) => facts.existing.includes(role);
  const changes: RoleChange[] = [];
  for (const role of [APPLICATION_ROLE, PLATFORM_ROLE]) {
    if (!exists(role)) changes.push(plain(`create role ${role} nologin`));
    if (!facts.is_superuser && !(exists(role) && (await isMember(runner, facts, owner, role))))
      changes.push(plain(`grant ${role} to ${quoted(owner)}`));
  }
  if (!exists(login.name)) {
    if (login.isRequired || (await mayMakeRoles(runner))) changes.push(...newLogin(login));
  } else if (!(exists(APPLICATION_ROLE) && (await isMember(runner, facts, login.name, APPLICATION_ROLE)))) {
    changes.push(plain(`grant ${APPLICATION_ROLE} to ${quoted(login.name)}`));
  }
  // The owner needs this to create tables, and to let inbox_platform become the owner of a function.
  if (!facts.may_use_schema)
    changes.push(plain(`grant create, usage on schema public to ${quoted(owner)} with grant option`));
  return changes;
}

function newLogin({ name, password, settings }: ServiceLogin): RoleChange[] {
  const create = `create role ${quoted(name)} login`;
  const made =
    password === null
      ? plain(create)
      : { ...plain(`${create} password ${literal(password)}`), shown: `${create} password '…'` };
  const set = Object.entries(settings).map(([setting, value]) => ({
    ...plain(`alter role ${quoted(name)} set ${setting} = ${literal(value)}`),
    isNeeded: false,
  }));
  return [made, plain(`grant ${APPLICATION_ROLE} to ${quoted(name)}`), ...set];
}

/** Sets the password of an existing login. */
export function setPassword(name: string, password: string): RoleChange {
  const change = `alter role ${quoted(name)} password`;
  return { ...plain(`${change} ${literal(password)}`), shown: `${change} '…'` };
}

async function factsOf(runner: QueryRunner, owner: string, login: string): Promise<Facts> {
  const [facts] = (await runner.query(
    `select current_setting('server_version_num')::integer as version,
      array(select r.rolname::text from pg_roles r where r.rolname = any ($2)) as existing,
      coalesce((select r.rolsuper from pg_roles r where r.rolname = $1), false) as is_superuser,
      coalesce((select has_schema_privilege(r.rolname, 'public', 'create with grant option')
        from pg_roles r where r.rolname = $1), false) as may_use_schema`,
    [owner, [APPLICATION_ROLE, PLATFORM_ROLE, login]],
  )) as Facts[];
  if (facts === undefined) throw new Error('the server returned no facts about itself');
  return facts;
}

/**
 * Membership must give the rights of the role and allow SET ROLE. From PostgreSQL 16 on these are separate, and the
 * creator of a role has neither.
 */
async function isMember(runner: QueryRunner, facts: Facts, member: string, role: string): Promise<boolean> {
  const act = facts.version >= 160_000 ? 'SET' : 'MEMBER';
  const inherits = role === PLATFORM_ROLE ? `and pg_has_role($1, $2, 'USAGE')` : '';
  const [row] = (await runner.query(`select pg_has_role($1, $2, '${act}') ${inherits} as is_member`, [
    member,
    role,
  ])) as { is_member: boolean }[];
  return row?.is_member === true;
}

async function mayMakeRoles(runner: QueryRunner): Promise<boolean> {
  const [row] = (await runner.query(
    `select rolsuper or rolcreaterole as may from pg_roles where rolname = current_user`,
  )) as { may: boolean }[];
  return row?.may === true;
}

async function mayDo(runner: QueryRunner): Promise<string> {
  const [row] = (await runner.query('select current_user::text as name')) as { name: string }[];
  return row?.name ?? '';
}

function needsAdministrator(user: string, changes: readonly RoleChange[], cause: unknown): Error {
  const needed = changes.filter(({ isNeeded }) => isNeeded);
  const sql = needed.map(({ shown }) => `${shown};`).join(' ');
  return new Error(
    `${quoted(user)} lacks the right to create the roles it needs. An administrator of the server can create them, with db:run -- --roles-only ` +
      `--owner ${user}, or with this SQL: ${sql}`,
    { cause },
  );
}

const plain = (sql: string): RoleChange => ({ sql, shown: sql, isNeeded: true });

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
