// Temporary directories of servers for one test run.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lockHolder } from './lock.mjs';
import { canEnter, serverAccount } from './postgres-account.mjs';

/** @param {string} prefix @returns {string} a directory that the server's account can enter */
export function temporaryDirectory(prefix) {
  const root = process.getuid?.() === 0;
  const account = root ? serverAccount('') : null;
  const base = [os.tmpdir(), '/tmp'].find((candidate) => account === null || canEnter(candidate, account));
  const directory = fs.mkdtempSync(path.join(fs.realpathSync(base ?? os.tmpdir()), prefix));
  if (root) fs.chmodSync(directory, 0o755);
  return directory;
}

/**
 * Removes what killed test runs left behind.
 * @param {string} prefix
 * @param {(directory: string) => Promise<void>} stop stops the server there
 */
export async function removeLeftovers(prefix, stop) {
  for (const base of new Set([os.tmpdir(), '/tmp'])) {
    if (!fs.existsSync(base)) continue;
    for (const name of fs.readdirSync(base).filter((entry) => entry.startsWith(prefix))) {
      const directory = path.join(fs.realpathSync(base), name);
      try {
        const mine = fs.statSync(directory).uid === (process.getuid?.() ?? 0);
        if (!mine || lockHolder(path.join(directory, 'lock')) !== null) continue;
        await stop(directory);
        fs.rmSync(directory, { recursive: true, force: true });
      } catch {
        // A running test run may be creating or removing it.
      }
    }
  }
}
