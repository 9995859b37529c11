// @ts-check
// `pnpm run restore:check` dumps a database and restores it on another server, as docs/database.md describes. Feed,
// cursors, webhooks and statistics must continue there, and new work must succeed, without repairs. The first server's
// transaction ids are higher than the second's, and its owner has few rights. Imports only Node's own modules.
import { readOptions } from './arguments.mjs';
import { checkNode, prepare, runToExit, step } from './prepare.mjs';
import { stopSignal } from './processes.mjs';
import { findBinaries } from './servers.mjs';

const INTERRUPTED = 130;
const USAGE = `pnpm run restore:check   dumps a PostgreSQL 15 and restores it on a new 15 and on a new 18`;

const stop = stopSignal();
await runToExit(stop, main, INTERRUPTED);

/** @returns {Promise<number>} the exit code */
async function main() {
  if (readOptions(process.argv.slice(2), {}, USAGE) === null) return 0;
  checkNode();
  await prepare(stop);
  const oldest = await findBinaries(15, stop);
  const { dumpAndRestore } = await import('./restore/dump-and-restore.mjs');
  await dumpAndRestore({
    from: { binaries: oldest, owner: 'plain' },
    to: [
      { name: 'a new PostgreSQL 15', binaries: oldest, owner: 'plain' },
      { name: 'a new PostgreSQL 18', binaries: undefined, owner: 'createrole' },
    ],
    stop,
    tell: step,
  });
  step('the restored service continues on every server');
  return 0;
}
