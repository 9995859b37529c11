// PostgreSQL refuses to run as root. Under root it runs as another account, which may have no access to the checkout,
// such as one in /root. Its files are then in another directory.
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Failure } from './processes.mjs';

/** @typedef {{ uid: number, gid: number }} Account */

const SHELTERS = '/var/lib/inbox-allocation-service';

/**
 * The account that runs the server. null is the current account. Under root it is the owner of existing data, so that
 * `sudo npm start` works on a normal user's data. Without data it is `nobody`.
 * @param {string} cluster
 * @returns {Account | null}
 */
export function serverAccount(cluster) {
  const me = process.getuid?.();
  const owner = fs.existsSync(cluster) ? fs.statSync(cluster) : null;
  if (me !== 0) {
    if (owner && me !== undefined && owner.uid !== me) {
      throw new Failure(
        `${cluster} belongs to another user (${owner.uid}): start as that user, or remove it`,
      );
    }
    return null;
  }
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return { uid: numberOf('-u'), gid: numberOf('-g') };
}

/** @param {string} flag */
function numberOf(flag) {
  const found = spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout?.trim();
  if (!found) {
    throw new Failure('PostgreSQL does not run as root and there is no user "nobody": set DATABASE_URL');
  }
  return Number(found);
}

/**
 * A directory that the account owns and can enter: `wanted`, or one outside the checkout if a directory above `wanted`
 * is closed. A file in `wanted` names it. A copy of the checkout gets a directory of its own.
 * @param {string} wanted an existing directory
 * @param {Account | null} account
 * @returns {string}
 */
export function reachable(wanted, account) {
  if (account === null) return wanted;
  // The account must get in, whatever the umask is. Secrets have stricter modes.
  fs.chmodSync(wanted, 0o755);
  if (canEnter(wanted, account)) return wanted;
  const noted = shelterOf(wanted);
  if (noted !== null) return noted;
  const shelter = path.join(SHELTERS, `${nameOf(wanted)}-${randomBytes(4).toString('hex')}`);
  fs.mkdirSync(shelter, { recursive: true });
  for (const directory of [SHELTERS, shelter]) fs.chmodSync(directory, 0o755);
  fs.writeFileSync(noteOf(wanted), `${shelter}\n`);
  return shelter;
}

/**
 * The directory outside the checkout that `wanted` names, if there is one. Creates nothing.
 * @param {string} wanted
 * @returns {string | null}
 */
export function shelterOf(wanted) {
  const note = noteOf(wanted);
  const noted = fs.existsSync(note) ? fs.readFileSync(note, 'utf8').trim() : '';
  return noted.startsWith(path.join(SHELTERS, nameOf(wanted))) && fs.existsSync(noted) ? noted : null;
}

/** @param {string} wanted */
const noteOf = (wanted) => path.join(wanted, 'location');
/** @param {string} wanted */
const nameOf = (wanted) => createHash('sha256').update(wanted).digest('hex').slice(0, 12);

/** @param {string} directory @param {Account} account */
export function canEnter(directory, account) {
  return spawnSync('/bin/sh', ['-c', 'cd "$0"', directory], { ...account, cwd: '/' }).status === 0;
}

/**
 * Copies a directory that the account can't enter to one that everybody may read.
 * @param {string} from
 * @param {string} to
 */
export function copyForOthers(from, to) {
  const done = path.join(to, '.complete');
  if (fs.existsSync(done)) return;
  // Unresolved symlinks point inside the copy.
  fs.cpSync(from, to, { recursive: true, force: true, verbatimSymlinks: true });
  openForOthers(to);
  fs.writeFileSync(done, '');
}

/** @param {string} directory */
function openForOthers(directory) {
  fs.chmodSync(directory, 0o755);
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const full = path.join(directory, entry.name);
    if (entry.isDirectory()) openForOthers(full);
    else if (entry.isFile()) fs.chmodSync(full, fs.statSync(full).mode & 0o100 ? 0o755 : 0o644);
  }
}
