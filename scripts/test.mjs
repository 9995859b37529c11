// `npm test` installs and builds what is missing, runs every test, and then checks the services' logs. Jest's global
// setup starts the database (test-database.mjs) and reads TEST_POSTGRES, TEST_DATABASE_URL and TEST_POOLER. Arguments
// go to Jest. This file imports only Node's own modules, because no package may be installed yet.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { checkNode, prepare, runToExit, step } from './prepare.mjs';
import { runAttached, stopSignal } from './processes.mjs';

const INTERRUPTED = 130;
/** Longer than PostgreSQL needs to stop, even with much to write. */
const PATIENCE_MS = 30_000;
/** These tests read the logs of the others and need no database. */
const READ_LOGS = ['--config=test/after-the-suite/jest.config.cjs'];

const stop = stopSignal();
await runToExit(stop, test, INTERRUPTED);

/** @returns {Promise<number>} Jest's exit code */
async function test() {
  checkNode();
  await prepare(stop);
  const args = process.argv.slice(2);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'inbox-test-logs-'));
  let keep = false;
  try {
    const code = await jest(args, { TEST_LOG_DIRECTORY: directory });
    const whole = args.length === 0 && code === 0;
    // `--listTests` and its like run nothing.
    if (!whole && fs.readdirSync(directory).length === 0) return code;
    const of = whole ? 'the whole suite' : 'some tests';
    const found = await jest(READ_LOGS, { TEST_LOG_DIRECTORY: directory, TEST_LOGS_OF: of });
    keep = found !== 0;
    if (keep) step(`the logs with the secrets are in ${directory}`);
    return code || found;
  } finally {
    if (!keep) fs.rmSync(directory, { recursive: true });
  }
}

/**
 * Jest stays in our process group, so that it can read the terminal in watch mode.
 * @param {string[]} args
 * @param {Record<string, string>} variables
 */
function jest(args, variables) {
  const env = { ...process.env, ...variables };
  return runAttached('node_modules/jest/bin/jest.js', args, { stop, env, patienceMs: PATIENCE_MS });
}
