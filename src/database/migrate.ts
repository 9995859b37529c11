import { isSure, readArguments } from '../config/command-line.js';
import { readDatabaseForOwner, type DatabaseEnvironment } from '../config/environment.js';
import { loadEnvFile } from '../config/load-env-file.js';
import { databaseProblem } from './database-problem.js';
import type { Migrator } from './migrator.js';
import { describeState, isUpToDate } from './describe-state.js';

const USAGE = `db:run, db:status and db:revert work on the database of DATABASE_ADMIN_URL (default: DATABASE_URL), as its owner.

pnpm run db:run                      creates the roles, tables, functions and views that this version needs
pnpm run db:run --roles-only         creates only the roles, for an owner without that right; run as an administrator, with
                                     --owner <name>: the user of db:run; default: the connected user
                                     --print: only shows the SQL
pnpm run db:run --citus              also spreads tables and functions over the nodes of Citus, by tenant
                                     --print: only shows the SQL, also on a server without Citus
pnpm run db:run --set-password       also sets the password of the login in DATABASE_URL
pnpm run db:status                   shows what the database lacks; exits with 1 when something is missing
pnpm run db:revert                   reverts the last migration and deletes the data in its tables
                                     --all: every migration
                                     --yes: do not ask for confirmation

With npm: npm run db:run -- --roles-only. In the image, which has neither: node dist/src/database/migrate.js run`;

const OPTIONS = {
  all: { type: 'boolean' },
  citus: { type: 'boolean' },
  owner: { type: 'string' },
  print: { type: 'boolean' },
  'roles-only': { type: 'boolean' },
  'set-password': { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
} as const;

/** The options that each command accepts. */
const COMMANDS: Readonly<Record<string, readonly (keyof typeof OPTIONS)[]>> = {
  run: ['citus', 'roles-only', 'owner', 'print', 'set-password'],
  status: [],
  revert: ['all', 'yes'],
};

type Options = NonNullable<ReturnType<typeof readArguments<typeof OPTIONS>>>['values'];

async function main(): Promise<number> {
  const given = readArguments(OPTIONS, USAGE);
  if (given === null) return 0;
  const { values, positionals } = given;
  const [command = '', ...rest] = positionals;
  const allowed = COMMANDS[command];
  const foreign = Object.keys(values).filter((name) => !allowed?.some((known) => known === name));
  if (allowed === undefined || rest.length > 0 || foreign.length > 0) throw new Error(USAGE);
  loadEnvFile();
  const database = readDatabaseForOwner(process.env);
  // TypeORM takes half a second to load: --help and a wrong option need not wait for it.
  const { Migrator } = await import('./migrator.js');
  const migrator = await Migrator.open(database, (step) => console.error(`• ${step}`));
  try {
    if (command === 'run') return await run(migrator, values);
    if (command === 'status') return await status(migrator);
    return await revert(migrator, database, values);
  } finally {
    await migrator.close();
  }
}

async function run(migrator: Migrator, options: Options): Promise<number> {
  if (options['roles-only'] === true) {
    const owner = options.owner ?? (await migrator.currentUser());
    if (options.print === true) {
      for (const { sql } of await migrator.missingRoles(owner)) console.log(`${sql};`);
      return 0;
    }
    const made = await migrator.ensureRoles(owner);
    for (const { shown } of made) console.error(`• ${shown}`);
    console.log(made.length === 0 ? 'The roles exist already.' : 'The roles were created.');
    return 0;
  }
  if (options.citus === true && options.print === true) {
    for (const sql of await migrator.missingDistribution()) console.log(`${sql};`);
    return 0;
  }
  const done = await migrator.run({ distributes: options.citus === true });
  if (options['set-password'] === true) console.error(`• ${(await migrator.setPassword()).shown}`);
  console.log(done === 0 ? 'The schema is up to date.' : 'The schema is what this version needs.');
  return 0;
}

async function status(migrator: Migrator): Promise<number> {
  const state = await migrator.state();
  for (const line of describeState(state)) console.log(line);
  return isUpToDate(state) ? 0 : 1;
}

async function revert(migrator: Migrator, database: DatabaseEnvironment, options: Options): Promise<number> {
  const { applied } = await migrator.state();
  const doomed = options.all === true ? applied : applied.slice(-1);
  if (doomed.length === 0) {
    console.log('There is nothing to revert.');
    return 0;
  }
  const { hostname, pathname } = new URL(database.adminUrl);
  const what = `This drops the tables of ${doomed.join(', ')} in database ${pathname.slice(1)} on ${hostname}, with all their data.`;
  if (options.yes !== true && !(await isSure(what))) {
    console.error('Nothing was reverted.');
    return 1;
  }
  const count = await migrator.revert(options.all === true);
  console.log(`Reverted ${count} migration${count === 1 ? '' : 's'}.`);
  return 0;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(databaseProblem(error));
    process.exitCode = 1;
  },
);
