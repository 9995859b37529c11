import { DataSource } from 'typeorm';
import { readEnvironment } from '../config/environment.js';
import { databaseProblem } from './database-problem.js';
import { migrationDataSource } from './data-source.js';

/**
 * `run` applies what is missing, `revert` takes the last migration back, `revert --all` takes back every one.
 * Runs as the owner (DATABASE_ADMIN_URL) and lets the application's user take on the application's role.
 */
async function migrate(command: string | undefined, all: boolean): Promise<void> {
  // Nothing but the two addresses matters here; AUTH_MODE needs no secret for a migration.
  const { database } = readEnvironment({
    DATABASE_URL: process.env['DATABASE_URL'],
    DATABASE_ADMIN_URL: process.env['DATABASE_ADMIN_URL'],
    AUTH_MODE: 'trusted-headers',
  });
  const source = await new DataSource(migrationDataSource(database)).initialize();
  try {
    if (command === 'run') {
      const applied = await source.runMigrations();
      await grantApplicationRole(source, database.url);
      console.log(
        applied.length === 0 ? 'The schema is up to date.' : `Applied ${applied.length} migrations.`,
      );
    } else if (command === 'revert') {
      const applied = all ? await appliedCount(source) : 1;
      for (let i = 0; i < applied; i++) await source.undoLastMigration();
      console.log(`Reverted ${applied} migration${applied === 1 ? '' : 's'}.`);
    } else {
      throw new Error('usage: migrate run | revert [--all]');
    }
  } finally {
    await source.destroy();
  }
}

/** A login of its own for the application still works under the role that owns nothing. */
async function grantApplicationRole(source: DataSource, applicationUrl: string): Promise<void> {
  const user = decodeURIComponent(new URL(applicationUrl).username);
  if (user === '') return;
  await source.query(`
    do $$ begin
      if exists (select from pg_roles where rolname = ${literal(user)})
        and not pg_has_role(${literal(user)}, 'inbox_app', 'member') then
        execute format('grant inbox_app to %I', ${literal(user)});
      end if;
    end $$`);
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

async function appliedCount(source: DataSource): Promise<number> {
  const rows: { count: number }[] = await source.query('select count(*)::int as count from migrations');
  return rows[0]?.count ?? 0;
}

migrate(process.argv[2], process.argv.includes('--all')).catch((error: unknown) => {
  console.error(databaseProblem(error));
  process.exitCode = 1;
});
