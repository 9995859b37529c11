// @ts-check
// Runs `db:run`, `verify`, `demo` and other built commands at the caller's terminal. It builds what is out of date
// first. Without DATABASE_URL, the command uses the database of `npm start`, if there is one.
//
//   node scripts/command.mjs database/migrate.js status
import path from 'node:path';
import {
  findEmbeddedDatabase,
  hasEmbeddedDatabase,
  startEmbeddedDatabase,
  urlsOf,
} from './embedded-database.mjs';
import { checkNode, loadEnvFile, prepare, PROJECT, runToExit, step } from './prepare.mjs';
import { runAttached, stopSignal } from './processes.mjs';

const INTERRUPTED = 130;

const stop = stopSignal();
await runToExit(stop, command, INTERRUPTED);

/** @returns {Promise<number>} the exit code of the command */
async function command() {
  checkNode();
  process.chdir(PROJECT);
  loadEnvFile();
  await prepare(stop);
  const [file = '', ...args] = process.argv.slice(2);
  const given = process.env.DATABASE_URL?.trim() || process.env.DATABASE_ADMIN_URL?.trim();
  const wantsHelp = args.some((arg) => arg === '--help' || arg === '-h');
  if (given || wantsHelp || !hasEmbeddedDatabase()) return runBuilt(file, args, process.env);

  const running = findEmbeddedDatabase();
  if (running !== null) return runBuilt(file, args, { ...process.env, ...running });
  step('starting the PostgreSQL of npm start');
  const database = await startEmbeddedDatabase();
  try {
    return await runBuilt(file, args, { ...process.env, ...urlsOf(database.url) });
  } finally {
    step('stopping it');
    await database.stop();
  }
}

/**
 * @param {string} file in dist/src
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function runBuilt(file, args, env) {
  return runAttached(path.join('dist/src', file), args, { stop, env });
}
