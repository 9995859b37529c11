import type { QueryRunner } from 'typeorm';
import { PLATFORM_ROLE } from './roles.js';
import { APPLICATION_ROLE } from './session.js';
import type { SqlFile } from './sql-files.js';

/** The names of the files that were applied and of the objects that were dropped. */
export interface AppliedFiles {
  readonly applied: readonly string[];
  readonly dropped: readonly string[];
}

interface Registered {
  name: string;
  kind: SqlFile['kind'];
  hash: string;
}

/** The table of the applied files. The service reads it when it starts. */
export const CREATE_REGISTRY = `
  create table if not exists sql_files (
    name text not null,
    kind text not null,
    hash text not null,
    applied_at timestamptz not null default now(),
    constraint sql_files_pk primary key (name)
  );
  grant select on sql_files to ${APPLICATION_ROLE}`;

/**
 * Makes the functions and views equal to their files: applies changed files and drops objects without a file. It runs
 * in the caller's transaction, so that all files are applied or none.
 * @throws Error that names a file that cannot be applied
 */
export async function applySqlFiles(runner: QueryRunner, files: readonly SqlFile[]): Promise<AppliedFiles> {
  const registered = await registeredFiles(runner);
  const changed = files.filter(({ name, hash }) => registered.get(name)?.hash !== hash);
  const gone = [...registered.values()].filter(({ name }) => !files.some((file) => file.name === name));
  const isOf = (kind: SqlFile['kind']) => (item: { kind: SqlFile['kind'] }) => item.kind === kind;

  // PostgreSQL cannot change a view that another view reads, so all views are dropped and created again.
  const views = [...changed, ...gone].some(isOf('view')) ? inOrder(files.filter(isOf('view'))) : [];
  if (views.length > 0 || gone.some(isOf('view'))) await dropViews(runner, registered);
  for (const { name } of gone.filter(isOf('function'))) await dropFunctions(runner, name);
  // Functions call each other, so the first pass creates them without checking their bodies. The second pass checks.
  for (const check of ['off', 'on']) {
    await runner.query(`set local check_function_bodies = ${check}`);
    for (const file of changed.filter(isOf('function'))) await create(runner, file);
    if (check === 'off') for (const file of views) await create(runner, file);
  }
  for (const file of [...changed.filter(isOf('function')), ...views]) await register(runner, file);
  // Also removes rows of functions that somebody dropped by hand.
  await runner.query('delete from sql_files where name <> all ($1)', [files.map(({ name }) => name)]);
  await setPlatformOwner(runner);
  return { applied: changed.map(({ name }) => name), dropped: gone.map(({ name }) => name) };
}

/** Drops every function and view that came from a file. */
export async function dropSqlFiles(runner: QueryRunner): Promise<void> {
  const registered = await registeredFiles(runner);
  await dropViews(runner, registered);
  for (const { name, kind } of registered.values())
    if (kind === 'function') await dropFunctions(runner, name);
  await runner.query('delete from sql_files');
}

/** The objects that still exist. One that was dropped by hand counts as missing. */
async function registeredFiles(runner: QueryRunner): Promise<Map<string, Registered>> {
  const rows = (await runner.query(`
    select r.name, r.kind, r.hash from sql_files r
    where case r.kind
      when 'view' then to_regclass('public.' || r.name) is not null
      else exists (
        select 1 from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname = r.name) end
    order by r.name`)) as Registered[];
  return new Map(rows.map((row) => [row.name, row]));
}

async function create(runner: QueryRunner, file: SqlFile): Promise<void> {
  try {
    await runner.query(file.text);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code === '42P13') throw changedSignature(file);
    throw new Error(`${file.file} cannot be applied: ${message}`, { cause: error });
  }
  if (file.kind === 'function' && (await signatures(runner, file.name)).length !== 1)
    throw changedSignature(file);
}

/**
 * Instances of the previous release still call the function with its old signature, so it must stay for one release.
 */
function changedSignature({ file, name }: SqlFile): Error {
  return new Error(
    `${file} changes the signature of ${name}: give the new one a name and a file of its own, and leave ${name} for one ` +
      'release (docs/database.md)',
  );
}

async function signatures(runner: QueryRunner, name: string): Promise<string[]> {
  const rows = (await runner.query(
    `select p.oid::regprocedure::text as signature from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname = $1`,
    [name],
  )) as { signature: string }[];
  return rows.map(({ signature }) => signature);
}

async function dropFunctions(runner: QueryRunner, name: string): Promise<void> {
  for (const signature of await signatures(runner, name)) await runner.query(`drop function ${signature}`);
}

async function dropViews(runner: QueryRunner, registered: ReadonlyMap<string, Registered>): Promise<void> {
  const names = [...registered.values()].filter(({ kind }) => kind === 'view').map(({ name }) => name);
  if (names.length > 0) await runner.query(`drop view ${names.join(', ')}`);
}

/** Sorts views so that each comes after the views that it reads. */
function inOrder(views: readonly SqlFile[]): SqlFile[] {
  const left = [...views];
  const ordered: SqlFile[] = [];
  while (left.length > 0) {
    const next = left.findIndex((view) =>
      left.every((other) => other === view || !new RegExp(`\\b${other.name}\\b`).test(view.text)),
    );
    if (next === -1) throw new Error(`the views ${left.map(({ name }) => name).join(', ')} read each other`);
    ordered.push(...left.splice(next, 1));
  }
  return ordered;
}

async function register(runner: QueryRunner, file: SqlFile): Promise<void> {
  const target = file.kind === 'view' ? `view ${file.name}` : `function ${file.name}`;
  await runner.query(`comment on ${target} is '${file.contract.replaceAll("'", "''")}'`);
  await runner.query(
    `insert into sql_files as r (name, kind, hash) values ($1, $2, $3)
    on conflict (name) do update set kind = excluded.kind, hash = excluded.hash, applied_at = now()`,
    [file.name, file.kind, file.hash],
  );
}

/**
 * Functions with the rights of their owner read across tenants. They must belong to the role that has only that right,
 * and only the application may call them. This is checked at every run, because a restored dump can change the owner.
 */
async function setPlatformOwner(runner: QueryRunner): Promise<void> {
  const strays = (await runner.query(
    `select p.oid::regprocedure::text as signature from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.prosecdef and p.proname in (select r.name from sql_files r)
      and (pg_get_userbyid(p.proowner) <> $1 or has_function_privilege('public', p.oid, 'execute'))`,
    [PLATFORM_ROLE],
  )) as { signature: string }[];
  if (strays.length === 0) return;
  const names = strays.map(({ signature }) => signature).join(', ');
  await runner.query(`revoke execute on function ${names} from public`);
  await runner.query(`grant execute on function ${names} to ${APPLICATION_ROLE}`);
  // The new owner of a function needs the right to create one at this moment.
  await runner.query(`grant create on schema public to ${PLATFORM_ROLE}`);
  for (const { signature } of strays)
    await runner.query(`alter function ${signature} owner to ${PLATFORM_ROLE}`);
  await runner.query(`revoke create on schema public from ${PLATFORM_ROLE}`);
}
