// @ts-check
// `pnpm run bench` compares the service with PostgreSQL itself on the same machine, and checks every result.
// docs/performance.md explains each figure. This file imports only Node's own modules, because no package may be
// installed yet.
import { checkNode, prepare, runToExit, step } from '../scripts/prepare.mjs';
import { stopSignal } from '../scripts/processes.mjs';
import { readBenchOptions } from './options.mjs';

const INTERRUPTED = 130;

const stop = stopSignal();
await runToExit(stop, main, INTERRUPTED);

/** @returns {Promise<number>} the exit code */
async function main() {
  const options = readBenchOptions(process.argv.slice(2));
  if (options === null) return 0;
  checkNode();
  await prepare(stop);
  if (options.outlook) {
    const { compareForecasts } = await import('./outlook/compare.mjs');
    return compareForecasts(options);
  }
  step(options.quick ? 'a quick run: all checks, but rough figures' : 'a full run: about an hour');
  const { runBench } = await import('./run.mjs');
  return runBench(options, stop);
}
