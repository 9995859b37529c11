// Starts a PgBouncer in transaction mode in front of a PostgreSQL, for one test run. It uses ops/pgbouncer.ini and the
// login that db:run makes, as docs/deploying.md says, so every run tests both.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { hasApt, installPackages } from './apt.mjs';
import { takeLock } from './lock.mjs';
import { freePort } from './ports.mjs';
import { serverAccount } from './postgres-account.mjs';
import { PROJECT, step } from './prepare.mjs';
import { Failure, hasArgument, pause, trySignal } from './processes.mjs';
import { removeLeftovers, temporaryDirectory } from './temporary.mjs';

/**
 * @typedef {object} Pooler
 * @property {string} url of its own database, `pgbouncer`, with the login of the services
 * @property {() => Promise<number>} transactions how many have run through it
 * @property {() => Promise<void>} stop resolves when the server has ended
 */

const TEMPORARY = 'inbox-test-pgbouncer-';
/** Debian installs it in /usr/sbin, which is only on root's path. */
const PLACES = [process.env.PATH, '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'].join(path.delimiter);
const ENVIRONMENT = { PATH: PLACES, LC_ALL: 'C' };

/**
 * Installs PgBouncer if it is missing and we are root. Otherwise it fails and says how to install it.
 * @param {AbortSignal} stop
 */
export async function requirePgBouncer(stop) {
  if (isInstalled()) return;
  if (hasApt()) {
    step('installing PgBouncer with apt-get');
    await installPackages(['pgbouncer'], stop);
    if (isInstalled()) return;
  }
  throw new Failure(
    'there is no pgbouncer here: install it ("apt-get install pgbouncer", on macOS "brew install pgbouncer")',
  );
}

function isInstalled() {
  return spawnSync('pgbouncer', ['--version'], { env: ENVIRONMENT }).status === 0;
}

/**
 * @param {string} serverUrl of the PostgreSQL
 * @param {string} user
 * @param {string} password
 * @returns {Promise<Pooler>}
 */
export async function startPgBouncer(serverUrl, user, password) {
  await removeLeftovers(TEMPORARY, stopIn);
  const directory = temporaryDirectory(TEMPORARY);
  const remove = () => fs.rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  try {
    takeLock(path.join(directory, 'lock'));
    const port = await freePort();
    launch(directory, configuration(directory, new URL(serverUrl), port, user), `"${user}" "${password}"\n`);
    const url = `postgresql://${user}:${password}@127.0.0.1:${port}/pgbouncer`;
    await becomesReady(directory, url);
    return {
      url,
      transactions: () => onPooler(url, carried),
      stop: async () => {
        await stopIn(directory);
        remove();
      },
    };
  } catch (error) {
    await stopIn(directory);
    remove();
    throw error;
  }
}

/**
 * ops/pgbouncer.ini with the addresses of this run. The star stands for all databases that tests create.
 * @param {string} directory @param {URL} server @param {number} port @param {string} admin
 */
function configuration(directory, server, port, admin) {
  const changes = {
    inbox: `* = host=${server.hostname} port=${server.port || 5432}`,
    listen_port: `listen_port = ${port}`,
    auth_file: `auth_file = ${usersOf(directory)}`,
  };
  let text = fs.readFileSync(path.join(PROJECT, 'ops/pgbouncer.ini'), 'utf8');
  for (const [name, line] of Object.entries(changes)) {
    const former = new RegExp(`^${name} = .*$`, 'm');
    if (!former.test(text)) throw new Failure(`ops/pgbouncer.ini has no line for ${name}`);
    text = text.replace(former, line);
  }
  // Tests read its pools and pause them.
  return `${text}admin_users = ${admin}\n`;
}

/** @param {string} directory @param {string} settings @param {string} users */
function launch(directory, settings, users) {
  const account = serverAccount('/nonexistent');
  for (const [file, text] of [
    [settingsOf(directory), settings],
    [usersOf(directory), users],
  ]) {
    fs.writeFileSync(file, text, { mode: 0o600 });
    if (account !== null) fs.chownSync(file, account.uid, account.gid);
  }
  const log = fs.openSync(logOf(directory), 'w');
  // It has a session of its own, so that a Ctrl-C does not stop it before the tests.
  const child = spawn('pgbouncer', [settingsOf(directory)], {
    ...account,
    cwd: '/',
    env: ENVIRONMENT,
    detached: true,
    stdio: ['ignore', log, log],
  });
  fs.closeSync(log);
  child.once('error', () => {});
  if (child.pid !== undefined) fs.writeFileSync(processOf(directory), `${child.pid}`);
}

/** @param {string} directory @param {string} url */
async function becomesReady(directory, url) {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline && isRunning(directory); await pause(20)) {
    const ready = await onPooler(url, (client) => client.query('show version')).catch(() => null);
    if (ready !== null) return;
  }
  const log = fs.readFileSync(logOf(directory), 'utf8');
  const reason = /(FATAL|ERROR|WARNING) .*/.exec(log)?.[0] ?? log.trim().split('\n').at(-1);
  throw new Failure(`PgBouncer does not start: ${reason}`);
}

/**
 * @template T
 * @param {string} url
 * @param {(client: import('pg').Client) => Promise<T>} work
 * @returns {Promise<T>}
 */
async function onPooler(url, work) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** @param {import('pg').Client} client @returns {Promise<number>} */
async function carried(client) {
  const { rows } = await client.query('show totals');
  return Number(rows.find(({ name }) => name === 'total_xact_count')?.value ?? 0);
}

/** @param {string} directory */
async function stopIn(directory) {
  // In some versions SIGTERM waits for the clients. No work is lost, so SIGKILL follows.
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGKILL'])) {
    if (!isRunning(directory)) return;
    trySignal(runningIn(directory), signal);
    for (const deadline = Date.now() + 3000; isRunning(directory) && Date.now() < deadline;) await pause(20);
  }
}

/** @param {string} directory */
function isRunning(directory) {
  return hasArgument(runningIn(directory), settingsOf(directory));
}

/** @param {string} directory */
function runningIn(directory) {
  const file = processOf(directory);
  return fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : 0;
}

/** @param {string} directory */
const settingsOf = (directory) => path.join(directory, 'pgbouncer.ini');
/** @param {string} directory */
const usersOf = (directory) => path.join(directory, 'userlist.txt');
/** @param {string} directory */
const logOf = (directory) => path.join(directory, 'pgbouncer.log');
/** @param {string} directory */
const processOf = (directory) => path.join(directory, 'process');
