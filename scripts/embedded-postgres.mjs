// A real PostgreSQL server from the npm registry, on 127.0.0.1 and a free port.
//
// We run the package's binaries ourselves. Its own API needs a user called postgres under root, stops at Ctrl-C before
// the application does, and can't place passwords and sockets.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { takeLock } from './lock.mjs';
import { reachable, serverAccount, shelterOf } from './postgres-account.mjs';
import { embeddedBinaries, versionOf } from './postgres-binaries.mjs';
import { freePort } from './ports.mjs';
import { portOfServer, postmasterOf, stopServerOf } from './postmaster.mjs';
import { Failure, pause } from './processes.mjs';
import { removeLeftovers, temporaryDirectory } from './temporary.mjs';

/**
 * @typedef {import('./postgres-account.mjs').Account} Account
 * @typedef {object} Server
 * @property {string} url of the database `inbox`, as the superuser
 * @property {string} data its data directory
 * @property {string} log its log file
 * @property {Promise<void>} exited resolves when the server has ended, for any reason
 * @property {() => Promise<void>} stop resolves when the server has ended
 * @typedef {object} Home where everything of one server lies
 * @property {string} directory lock, password, log
 * @property {string} cluster PostgreSQL's own data directory
 * @property {string} binaries
 * @property {string} user the superuser
 * @property {Account | null} account
 */

const USER = 'inbox_owner';
const DATABASE = 'inbox';
const TEMPORARY = 'inbox-test-postgres-';
/** A test database need not survive a power cut. */
const THROWAWAY = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
};

/**
 * Starts the server. The first time, it creates the data with the database `inbox`. If a killed process left a server
 * on the same data, it stops that one first. It refuses data that are in use.
 * @param {{
 *   directory?: string, persistent: boolean, settings?: Record<string, string>, binaries?: string, user?: string
 * }} options Persistent data need a `directory`. Otherwise the directory is temporary and `stop` removes it. `binaries`
 *   are those of another PostgreSQL, which the server's account must be able to run. `user` is the superuser.
 * @returns {Promise<Server>}
 */
export async function startPostgres({ directory, persistent, settings = {}, binaries, user = USER }) {
  if (!persistent) await removeLeftovers(TEMPORARY, (left) => stopServerOf(path.join(left, 'cluster')));
  const root = persistent ? existing(directory) : temporaryDirectory(TEMPORARY);
  const holder = serverAccountThenLock(root);
  if (holder !== null) {
    throw new Failure(
      `the database in ${root} is in use by process ${holder}: stop that, or set DATABASE_URL`,
    );
  }
  const cleanUp = () => {
    if (persistent) fs.rmSync(path.join(root, 'lock'), { force: true });
    else fs.rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    const home = findHome(root, { binaries, user });
    await stopServerOf(home.cluster);
    if (!fs.existsSync(path.join(home.cluster, 'PG_VERSION'))) initialise(home, persistent);
    const password = readPassword(home.directory);
    const { port, exited } = await launch(home, { ...(persistent ? {} : THROWAWAY), ...settings });
    const stop = async () => {
      await stopServerOf(home.cluster);
      await exited;
      cleanUp();
    };
    const url = addressOf(user, password, port);
    return { url, data: home.cluster, log: logOf(home), exited, stop };
  } catch (error) {
    cleanUp();
    throw error;
  }
}

/**
 * The superuser's address of the server that `startPostgres` started on this directory, or null when none runs.
 * @param {string} directory
 * @returns {string | null}
 */
export function findPostgres(directory) {
  if (!fs.existsSync(directory)) return null;
  const root = fs.realpathSync(directory);
  for (const base of [root, shelterOf(root)]) {
    const port = base === null ? null : portOfServer(path.join(base, 'cluster'));
    if (port !== null) return addressOf(USER, readPassword(root), port);
  }
  return null;
}

/** @param {string} user @param {string} password @param {number} port */
function addressOf(user, password, port) {
  return `postgresql://${user}:${password}@127.0.0.1:${port}/${DATABASE}`;
}

/**
 * Checks the account first. Otherwise users without access would hear that a lock can't be written.
 * @param {string} root
 */
function serverAccountThenLock(root) {
  serverAccount(path.join(root, 'cluster'));
  return takeLock(path.join(root, 'lock'));
}

/** @param {string | undefined} directory */
function existing(directory) {
  if (directory === undefined) throw new TypeError('persistent data need a directory');
  // Under root the server runs as another account, which must get in. Secrets have stricter modes.
  const before = process.umask(0o022);
  fs.mkdirSync(directory, { recursive: true });
  process.umask(before);
  return fs.realpathSync(directory);
}

/** @param {string} root @param {{ binaries: string | undefined, user: string }} wanted @returns {Home} */
function findHome(root, { binaries, user }) {
  const account = serverAccount(path.join(root, 'cluster'));
  const base = reachable(root, account);
  return {
    directory: root,
    cluster: path.join(base, 'cluster'),
    binaries: binaries ?? embeddedBinaries(base, account),
    user,
    account,
  };
}

/**
 * Creates the data under a temporary name and renames it at the end, so that a killed run leaves no half-made data.
 * @param {Home} home @param {boolean} persistent
 */
function initialise(home, persistent) {
  const base = path.dirname(home.cluster);
  for (const name of fs.readdirSync(base).filter((entry) => entry.startsWith('unfinished-'))) {
    fs.rmSync(path.join(base, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
  const unfinished = fs.mkdtempSync(path.join(base, 'unfinished-'));
  const data = path.join(unfinished, 'cluster');
  const password = randomBytes(24).toString('base64url');
  fs.writeFileSync(passwordOf(home.directory), password, { mode: 0o600 });
  const passwordFile = path.join(unfinished, 'password');
  fs.writeFileSync(passwordFile, password, { mode: 0o600 });
  if (home.account) {
    for (const entry of [unfinished, passwordFile]) {
      fs.chownSync(entry, home.account.uid, home.account.gid);
    }
  }
  const sync = persistent ? [] : ['--no-sync'];
  const access = ['--auth=scram-sha-256', `--username=${home.user}`, `--pwfile=${passwordFile}`];
  execute(home, unfinished, 'initdb', ['-D', data, ...access, ...localeOf(home), ...sync]);
  execute(
    home,
    unfinished,
    'postgres',
    ['--single', '-D', data, 'postgres'],
    `create database ${DATABASE}\n`,
  );
  fs.renameSync(data, home.cluster);
  fs.rmSync(unfinished, { recursive: true, force: true });
}

/**
 * Sorts text in the same order on every machine. The built-in locale provider exists since PostgreSQL 17.
 * @param {Home} home
 */
function localeOf(home) {
  const hasBuiltin = Number.parseInt(versionOf(home.binaries, home.account) ?? '') >= 17;
  const builtin = hasBuiltin ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [];
  return ['--encoding=UTF8', '--locale=C', ...builtin];
}

/** @param {Home} home @param {string} cwd @param {string} program @param {string[]} args @param {string} [input] */
function execute(home, cwd, program, args, input = '') {
  const command = path.join(home.binaries, program);
  const ran = spawnSync(command, args, { ...home.account, cwd, env: serverEnv(), input, encoding: 'utf8' });
  if (ran.status === 0 && !/^.*(ERROR|FATAL): /m.test(ran.stderr)) return;
  const reason = ran.error?.message ?? ran.stderr.trim().split('\n').at(0);
  throw new Failure(`the database can't be created: ${reason}`);
}

/** Removes PGDATA, PGOPTIONS and the like, which are for another server. */
function serverEnv() {
  const foreign = /^(PG|LC_|LANG)/;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(own), LC_ALL: 'C' };
}

/** @param {string} directory */
const passwordOf = (directory) => path.join(directory, 'password');
/** @param {Home} home */
const logOf = (home) => path.join(home.directory, 'server.log');

/** @param {string} directory */
function readPassword(directory) {
  const file = passwordOf(directory);
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EACCES')
      throw new Failure(`${file} can't be read: do this as the user who ran npm start`);
    throw new Failure(`${file} can't be read: put it back, or remove ${directory} to start over`);
  }
}

/**
 * @param {Home} home
 * @param {Record<string, string>} settings
 * @returns {Promise<{ port: number, exited: Promise<void> }>}
 */
async function launch(home, settings) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const { pid, exited } = spawnServer(home, port, settings);
    if (await becomesReady(home, pid, exited)) return { port, exited };
    const log = fs.readFileSync(logOf(home), 'utf8');
    // Another process took the port, or the last backends of a killed server are still ending.
    const passing = /could not create any TCP\/IP sockets|pre-existing shared memory block/.test(log);
    if (!passing || attempt === 5) {
      const reason = /FATAL: .*/.exec(log)?.[0] ?? log.trim().split('\n').at(-1);
      throw new Failure(`the database doesn't start: ${reason} (${logOf(home)})`);
    }
    await pause(500);
  }
}

/**
 * @param {Home} home
 * @param {number} port
 * @param {Record<string, string>} settings
 * @returns {{ pid: number | undefined, exited: Promise<void> }}
 */
function spawnServer(home, port, settings) {
  const all = {
    listen_addresses: '127.0.0.1',
    // A socket's path is limited to 107 characters, so the socket can't be in the checkout.
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...settings,
  };
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = fs.openSync(logOf(home), 'w');
  // The server has a session of its own, so that a Ctrl-C does not stop it before the application. It logs to a file,
  // because a pipe would break when we end.
  const child = spawn(
    path.join(home.binaries, 'postgres'),
    ['-D', home.cluster, '-p', `${port}`, ...options],
    {
      ...home.account,
      cwd: home.cluster,
      env: serverEnv(),
      detached: true,
      stdio: ['ignore', log, log],
    },
  );
  fs.closeSync(log);
  const exited = new Promise((/** @type {(value: void) => void} */ resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return { pid: child.pid, exited };
}

/**
 * A killed server may have left a file that says it is ready. Only the file of this process counts.
 * @param {Home} home @param {number | undefined} pid @param {Promise<void>} exited
 */
async function becomesReady(home, pid, exited) {
  let gone = false;
  void exited.then(() => (gone = true));
  // After a crash the server first replays its log.
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await pause(20)) {
    if (gone) return false;
    const said = postmasterOf(home.cluster);
    if (said?.pid === pid && said?.ready) return true;
  }
  await stopServerOf(home.cluster);
  return false;
}
