// Leaves the commit beside what was built, for GET /version: GIT_COMMIT, or what git says here. Where neither knows, such
// as in a source archive, there is no file.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const FILE = path.join(PROJECT, 'dist/commit');

const commit = process.env.GIT_COMMIT?.trim() || fromGit();
if (commit === null) rmSync(FILE, { force: true });
else writeFileSync(FILE, `${commit}\n`);

/** @returns {string | null} the whole hash, with `-dirty` when files of it have been changed */
function fromGit() {
  try {
    // Somebody else's repository that this folder lies in says nothing about us.
    const top = git('rev-parse', '--show-toplevel');
    return path.resolve(top) === PROJECT
      ? git('describe', '--always', '--abbrev=40', '--dirty', '--exclude=*')
      : null;
  } catch {
    return null;
  }
}

/** @param {string[]} args */
function git(...args) {
  return execFileSync('git', args, {
    cwd: PROJECT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
