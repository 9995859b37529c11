// A lock file that becomes free when its owner is killed.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { startOf } from './processes.mjs';

/**
 * Takes the lock for this process.
 * @param {string} path
 * @returns {number | null} null when we have the lock now, otherwise the process that holds it
 */
export function takeLock(path) {
  for (;;) {
    try {
      writeFileSync(path, `${process.pid} ${startOf(process.pid)}\n`, { flag: 'wx', mode: 0o644 });
      return null;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    const holder = lockHolder(path);
    if (holder !== null) return holder;
    rmSync(path, { force: true });
  }
}

/**
 * The running process that holds the lock, or null.
 * @param {string} path
 */
export function lockHolder(path) {
  const [, pid, startedAt] = /^(\d+) (.*)$/m.exec(readFileSync(path, { encoding: 'utf8' })) ?? [];
  return pid !== undefined && startOf(Number(pid)) === startedAt ? Number(pid) : null;
}
