import type { QueryRunner } from 'typeorm';
import { sqlStateOf } from './failure.js';
import { APPLICATION_ROLE } from './session.js';

/** Owns the functions that look across tenants, and can do nothing else. Nobody logs in as it. */
export const PLATFORM_ROLE = 'inbox_platform';

/** What the application logs in as where nothing else is said. */
export const SERVICE_LOGIN = 'inbox_service';

/** Who logs in for the application. */
export interface ServiceLogin {
  readonly name: string;
  /** null: it cannot log in until it gets one. */
  readonly password: string | null;
  /** What its sessions are set to: a pooler passes on nothing that a connection asks for. */
  readonly settings: Readonly<Record<string, string>>;
  /** Whether the application is known to log in as it; otherwise it is made where that is possible. */
  readonly isRequired: boolean;
}

/** A change of roles, as SQL. */
export interface RoleChange {
  readonly sql: string;
  /** The same without a password, for logs. */
  readonly shown: string;
  /** Whether nothing works without it. Settings of a login are for poolers only. */
  readonly isNeeded: boolean;
}

interface Facts {
  version: number;
  is_superuser: boolean;
  existing: string[];
  may_use_schema: boolean;
}

/** Roles belong to the whole server: another database of it may be migrated at the same moment. */
const ATTEMPTS = 5;
/** Somebody made the role in between, or changed the same row of the catalogue ("tuple concurrently updated"). */
const MET_ANOTHER = new Set(['42710', '23505', 'XX000']);

/**
 * Makes the roles that are missing, as far as the session may.
 * @param owner who owns the schema, or will
 * @throws Error with one line of SQL for an administrator, when the session may not
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

/** What is missing for the owner to migrate and for the application to log in, in an order that works. */
export async function missingRoles(
  runner: QueryRunner,
  owner: string,
  login: ServiceLogin,
): Promise<RoleChange[]> {
  const facts = await factsOf(runner, owner, login.name);
  const isThere = (role: string) => facts.existing.includes(role);
  const changes: RoleChange[] = [];
  for (const role of [APPLICATION_ROLE, PLATFORM_ROLE]) {
    if (!isThere(role)) changes.push(plain(`create role ${role} nologin`));
    if (!facts.is_superuser && !(isThere(role) && (await isMember(runner, facts, owner, role))))
      changes.push(plain(`grant ${role} to ${quoted(owner)}`));
  }
  if (!isThere(login.name)) {
    if (login.isRequired || (await mayMakeRoles(runner))) changes.push(...newLogin(login));
  } else if (!(isThere(APPLICATION_ROLE) && (await isMember(runner, facts, login.name, APPLICATION_ROLE)))) {
    changes.push(plain(`grant ${APPLICATION_ROLE} to ${quoted(login.name)}`));
  }
  // To make tables, and to lend inbox_platform the right to be given a function.
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

/** Gives an existing login the password that the application uses. */
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
  if (facts === undefined) throw new Error('the server says nothing of itself');
  return facts;
}

/** With its rights, and able to act as it: from PostgreSQL 16 on these are two rights, and who makes a role has neither. */
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
    `${quoted(user)} may not make the roles it needs; an administrator of the server can, with db:run -- --roles-only ` +
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
