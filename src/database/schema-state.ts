import { EARLIER_MIGRATIONS } from '../../migrations/support/adopt-earlier-database.js';
import { MIGRATIONS, NEWEST_MIGRATION } from './migrations.js';
import type { Query } from './server-version.js';
import type { SqlFile } from './sql-files.js';

/** The differences between a database and this build. */
export interface SchemaState {
  /** Names of migrations that have run, in that order. */
  readonly applied: readonly string[];
  /** Names of migrations that are missing. */
  readonly pending: readonly string[];
  /** Names of migrations that only a newer build knows. */
  readonly unknown: readonly string[];
  /** The oldest schema whose builds work on this one. null: the database does not say. */
  readonly servesSince: string | null;
  /** The number of migrations from before the first release; 0 when there is nothing to adopt. */
  readonly earlier: number;
  /** Names of functions and views that are missing, changed or unknown to this build. */
  readonly missingFiles: readonly string[];
  readonly changedFiles: readonly string[];
  readonly unknownFiles: readonly string[];
}

/** How the comment on the table `migrations` begins. */
const SERVES_SINCE = /^serves builds since (\w+)/;

/**
 * Says in the database which builds work on it: those that lack at most the newest migration. A migration must work with
 * the build before it (docs/database.md).
 */
export const SAY_WHOM_IT_SERVES = `comment on table public.migrations is 'serves builds since ${MIGRATIONS.at(-2)?.name ?? NEWEST_MIGRATION}'`;

export async function readSchemaState(query: Query, files: readonly SqlFile[]): Promise<SchemaState> {
  // Reads the catalog, because without the right to use the schema a table name would fail with a misleading error.
  const [tables] = (await query(
    `select count(*) filter (where c.relname = 'migrations') = 1 as migrations,
      count(*) filter (where c.relname = 'sql_files') = 1 as sql_files
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relname in ('migrations', 'sql_files')`,
  )) as { migrations: boolean; sql_files: boolean }[];
  const names =
    tables?.migrations === true
      ? ((await query(
          `select name, obj_description('public.migrations'::regclass, 'pg_class') as description
          from public.migrations order by timestamp`,
        )) as { name: string; description: string | null }[])
      : [];
  const registered =
    tables?.sql_files === true
      ? ((await query('select name, hash from public.sql_files order by name')) as {
          name: string;
          hash: string;
        }[])
      : [];
  const applied = names.map(({ name }) => name);
  const known = MIGRATIONS.map(({ name }) => name);
  const hashes = new Map(registered.map(({ name, hash }) => [name, hash]));
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name) && !EARLIER_MIGRATIONS.includes(name)),
    servesSince: SERVES_SINCE.exec(names[0]?.description ?? '')?.[1] ?? null,
    earlier: applied.filter((name) => EARLIER_MIGRATIONS.includes(name)).length,
    missingFiles: files.map(({ name }) => name).filter((name) => !hashes.has(name)),
    changedFiles: files
      .filter(({ name, hash }) => hashes.has(name) && hashes.get(name) !== hash)
      .map(({ name }) => name),
    unknownFiles: [...hashes.keys()].filter((name) => !files.some((file) => file.name === name)),
  };
}

/**
 * The reason why a service of this build cannot start, in one line; null when it can. Changed functions are no reason, nor
 * is a schema of the next release: during a rolling deploy the old and the new version work with both.
 */
export function reasonNotToServe(state: SchemaState): string | null {
  if (state.unknown.length > 0) return isServed(state) ? null : newerSchema(state);
  if (state.earlier > 0 || state.pending.length > 0 || state.missingFiles.length > 0)
    return 'the database has an older schema than this version: run the migrations first (pnpm run db:run, or node dist/src/database/migrate.js run)';
  return null;
}

/** The reason why this build cannot migrate the database; null when it can. */
export function reasonNotToMigrate(state: SchemaState): string | null {
  if (state.unknown.length > 0) return newerSchema(state);
  if (state.earlier > 0 && state.earlier < EARLIER_MIGRATIONS.length)
    return (
      `the database has ${state.earlier} of the ${EARLIER_MIGRATIONS.length} migrations from before the first release: ` +
      'run the remaining ones with the version that made them, then run this version'
    );
  return null;
}

/** Whether a newer release says that its schema works with this build, and has left what this build calls. */
function isServed({ servesSince, pending, missingFiles }: SchemaState): boolean {
  if (servesSince === null || pending.length > 0 || missingFiles.length > 0) return false;
  return numberOf(servesSince) <= numberOf(NEWEST_MIGRATION);
}

/** Names of migrations end with their number, the time at which they were made. */
export function numberOf(migration: string): number {
  return Number(migration.slice(-13));
}

function newerSchema({ unknown }: SchemaState): string {
  return `the database has a newer schema than this version (${unknown.join(', ')}): use the version that created it`;
}
