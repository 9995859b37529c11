// Writes the commit into dist, for GET /version. It comes from GIT_COMMIT or from git. Without either, such as in a
// source archive, it writes no file.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const FILE = path.join(PROJECT, 'dist/commit');

const commit = process.env.GIT_COMMIT?.trim() || fromGit();
if (commit === null) rmSync(FILE, { force: true });
else writeFileSync(FILE, `${commit}\n`);

/** @returns {string | null} the whole hash, with `-dirty` when files have changed */
function fromGit() {
  try {
    // The folder may be inside another repository, whose commit means nothing here.
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
