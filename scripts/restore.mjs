// @ts-check
// `pnpm run restore:check`: a dump of one server, restored on another, as docs/database.md tells to do it. Feed, cursors,
// webhooks, statistics and new work have to go on there with nothing to repair. The first server has counted further than
// the second ever has, and belongs to an owner who may do little. Node's own modules only up here.
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
  step('the dump goes on wherever it was restored');
  return 0;
}
