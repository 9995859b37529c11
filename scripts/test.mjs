// `npm test`: every test against a PostgreSQL of its own, of the version in TEST_POSTGRES (15 to 18), or the one of
// TEST_DATABASE_URL; with TEST_POOLER=pgbouncer the services reach it through a PgBouncer in transaction mode. Arguments
// go to Jest. Node's own modules only up here, since nothing may be installed yet.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { requirePgBouncer, startPgBouncer } from './pgbouncer.mjs';
import { checkNode, firstError, prepare, PROJECT, runToExit, step } from './prepare.mjs';
import { Failure, run, stopSignal } from './processes.mjs';
import { givenServer, startTestServer } from './servers.mjs';

/** The roles that the migrations create; roles belong to the whole server, not to a database. */
const ROLES = ['inbox_app', 'inbox_platform'];
const INTERRUPTED = 130;
/** The one file that the configuration leaves out. */
const READ_LOGS = [
  '--testPathIgnorePatterns=/node_modules/',
  '--runTestsByPath',
  'test/after-the-suite/logs.spec.ts',
];

const stop = stopSignal();
await runToExit(stop, test, INTERRUPTED);

/** @returns {Promise<number>} Jest's exit code */
async function test() {
  checkNode();
  const given = givenServer();
  const pooled = wantsPooler();
  if (pooled) await requirePgBouncer(stop);
  await prepare(stop);
  if (given !== null) return testOn(given, { tidy: true, pooled });
  const database = await startTestServer(stop);
  try {
    return await testOn(database.url, { tidy: false, pooled });
  } finally {
    await database.stop();
  }
}

/** @returns {boolean} */
function wantsPooler() {
  const wanted = process.env.TEST_POOLER?.trim();
  if (!wanted) return false;
  if (wanted !== 'pgbouncer') throw new Failure(`TEST_POOLER should be pgbouncer, not "${wanted}"`);
  return true;
}

/**
 * @param {string} adminUrl
 * @param {{ tidy: boolean, pooled: boolean }} options `tidy`: the server stays, so it has to be left as it was
 */
async function testOn(adminUrl, { tidy, pooled }) {
  const prefix = `inbox_test_${randomBytes(4).toString('hex')}_`;
  const template = `${prefix}template`;
  const rolesBefore = await onServer(adminUrl, existingRoles);
  try {
    await onServer(adminUrl, (client) => client.query(`create database ${template}`));
    step('migrating a template database');
    // db:run makes the login of the services, as it does for everybody.
    const login = new URL(withDatabase(adminUrl, template));
    login.username = `${prefix}service`;
    login.password = randomBytes(18).toString('hex');
    await migrate(withDatabase(adminUrl, template), login.href);
    const variables = {
      NODE_ENV: 'test',
      TEST_ADMIN_URL: adminUrl,
      TEST_SERVICE_URL: login.href,
      TEST_TEMPLATE_DATABASE: template,
      TEST_DATABASE_PREFIX: prefix,
    };
    return pooled ? await throughPgBouncer(adminUrl, variables) : await suiteAndLogs(variables);
  } finally {
    if (tidy) await onServer(adminUrl, (client) => removeTraces(client, prefix, rolesBefore));
  }
}

/**
 * @param {string} adminUrl
 * @param {Record<string, string>} variables
 * @returns {Promise<number>}
 */
async function throughPgBouncer(adminUrl, variables) {
  step('starting a PgBouncer before it');
  const { username, password } = new URL(variables.TEST_SERVICE_URL ?? '');
  const pooler = await startPgBouncer(adminUrl, username, password);
  try {
    const code = await suiteAndLogs({ ...variables, TEST_POOLER_URL: pooler.url });
    step(`PgBouncer carried ${await pooler.transactions()} transactions`);
    return code;
  } finally {
    await pooler.stop();
  }
}

/** @param {string} url @param {string} name */
function withDatabase(url, name) {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

/** @param {string} url as the owner @param {string} login of the services */
async function migrate(url, login) {
  // With `test` nothing is read from the developer's .env, which may name a database of theirs.
  const env = { ...(await cleanEnv()), NODE_ENV: 'test', DATABASE_ADMIN_URL: url, DATABASE_URL: login };
  const result = await run(process.execPath, ['dist/src/database/migrate.js', 'run'], { stop, env });
  if (result.code !== 0) {
    throw new Failure(`the template can't be migrated: ${firstError(result.errors || result.output)}`);
  }
}

/** The caller's environment without what would reach into the service or the database driver. */
async function cleanEnv() {
  const known = pathToFileURL(path.join(PROJECT, 'dist/src/config/known-variables.js')).href;
  const { KNOWN_VARIABLES } = await import(known);
  const foreign = (/** @type {string} */ name) => KNOWN_VARIABLES.includes(name) || name.startsWith('PG');
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign(name)));
}

/**
 * The services under test write their logs into a directory; what they hold is a test of its own, after all others.
 * @param {Record<string, string>} variables
 * @returns {Promise<number>}
 */
async function suiteAndLogs(variables) {
  const args = process.argv.slice(2);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'inbox-test-logs-'));
  let keep = false;
  try {
    const code = await jest(args, { ...variables, TEST_LOG_DIRECTORY: directory });
    const whole = args.length === 0 && code === 0;
    // `--listTests` and its like run nothing.
    if (!whole && fs.readdirSync(directory).length === 0) return code;
    const found = await jest(READ_LOGS, {
      ...variables,
      TEST_LOG_DIRECTORY: directory,
      TEST_LOGS_OF: whole ? 'the whole suite' : 'some tests',
    });
    keep = found !== 0;
    if (keep) step(`the logs that hold what they must not are in ${directory}`);
    return code || found;
  } finally {
    if (!keep) fs.rmSync(directory, { recursive: true });
  }
}

/**
 * Jest stays in our process group, so that it may ask the terminal in watch mode.
 * @param {string[]} args
 * @param {Record<string, string>} variables
 * @returns {Promise<number>}
 */
async function jest(args, variables) {
  stop.throwIfAborted();
  // The cache goes where `rm -rf node_modules` finds it, not into the machine's temporary directory.
  const options = ['--maxWorkers=2', '--cacheDirectory=node_modules/.cache/jest'];
  const env = { ...(await cleanEnv()), ...variables };
  const command = ['node_modules/jest/bin/jest.js', ...options, ...args];
  const child = spawn(process.execPath, command, { env, stdio: 'inherit' });
  const kill = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
  };
  stop.addEventListener('abort', kill);
  /** @type {number} */
  const code = await new Promise((resolve) => {
    child.once('exit', (exitCode) => resolve(exitCode ?? 1));
    child.once('error', () => resolve(1));
  });
  stop.throwIfAborted();
  return code;
}

/**
 * @template T
 * @param {string} url
 * @param {(client: import('pg').Client) => Promise<T>} work
 * @returns {Promise<T>}
 */
async function onServer(url, work) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // Without a listener a cut connection would end this process, and nothing would be tidied up.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    const { message, code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new Failure(`the test database can't be reached: ${message || code} (check TEST_DATABASE_URL)`);
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** @param {import('pg').Client} client @returns {Promise<string[]>} */
async function existingRoles(client) {
  const found = await client.query('select rolname from pg_roles where rolname = any($1)', [ROLES]);
  return found.rows.map(({ rolname }) => rolname);
}

/** @param {import('pg').Client} client @param {string} prefix @param {string[]} rolesBefore */
async function removeTraces(client, prefix, rolesBefore) {
  const found = await client.query('select datname from pg_database where starts_with(datname, $1)', [
    prefix,
  ]);
  for (const { datname } of found.rows) {
    await client.query(`drop database if exists ${client.escapeIdentifier(datname)} with (force)`);
  }
  const logins = await client.query('select rolname from pg_roles where starts_with(rolname, $1)', [prefix]);
  for (const { rolname } of logins.rows) await client.query(`drop role ${client.escapeIdentifier(rolname)}`);
  for (const role of ROLES.filter((name) => !rolesBefore.includes(name))) {
    // Another run on the same server may use it by now; then it is not ours to take away.
    await client.query(`drop role if exists ${role}`).catch(() => {});
  }
}
