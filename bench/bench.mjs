// @ts-check
// `pnpm run bench`: how fast it is, against what PostgreSQL can do on the same machine at the same time, and whether it
// is right while it is fast. docs/performance.md says what each figure means. Node's own modules only up here, since
// nothing may be installed yet.
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
  step(
    options.quick
      ? 'a quick run: its figures say little, its checks everything'
      : 'a full run: about 25 minutes',
  );
  const { runBench } = await import('./run.mjs');
  return runBench(options, stop);
}
