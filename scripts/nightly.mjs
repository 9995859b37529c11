// @ts-check
// `pnpm run nightly` runs the random tests longer than `npm test`, with a new seed each time. This file imports only
// Node's own modules, because no package may be installed yet.
import { randomInt } from 'node:crypto';
import { readWordsAndOptions, wrongUsage } from './arguments.mjs';
import { runToExit, step } from './prepare.mjs';
import { runAttached, stopSignal } from './processes.mjs';

const INTERRUPTED = 130;
/** The test files of each part. */
const PARTS = {
  properties: [
    'activity-fold',
    'allocate-together',
    'concurrency',
    'conversation-labels',
    'distribution-races',
    'exact-choice',
    'grace-races',
    'lists-under-change',
    'model',
    'plain-message',
    'shuffled',
  ],
  fuzz: ['fuzz'],
};
/** These have a configuration of their own. */
const OUTAGES = { chaos: ['chaos', 'faults-connection'] };
const ALL = { ...PARTS, ...OUTAGES };
const OPTIONS = /** @type {const} */ ({
  seed: { type: 'string' },
  times: { type: 'string' },
  minutes: { type: 'string' },
});
const USAGE = `Usage: pnpm run nightly [part…] [--seed N] [--times N] [--minutes N]

Tries what is random with another seed each time, and more and longer than npm test does.

  properties   properties, a model of the service and races, --times as often as in npm test
  fuzz         requests of every kind to every route, for --minutes
  chaos        instances, connections and PostgreSQL fail while clients insist, for --minutes

  --seed N     repeats a run that failed: it says its seed
  --times N    10 unless given
  --minutes N  10 unless given
  --help       shows this

Without a part it is all of them, one after the other. Ends with 1 when one of them failed.`;

const stop = stopSignal();
await runToExit(stop, main, INTERRUPTED);

/** @returns {Promise<number>} the exit code */
async function main() {
  const given = readWordsAndOptions(process.argv.slice(2), OPTIONS, USAGE);
  if (given === null) return 0;
  const { values, positionals } = given;
  const unknown = positionals.find((part) => !Object.hasOwn(ALL, part));
  if (unknown !== undefined) throw wrongUsage(`there is no part "${unknown}"`, USAGE);
  const parts = /** @type {(keyof typeof ALL)[]} */ (positionals.length > 0 ? positionals : Object.keys(ALL));
  const seed = wholeNumber('seed', values.seed) ?? randomInt(1, 2 ** 31);
  const times = wholeNumber('times', values.times) ?? 10;
  const minutes = wholeNumber('minutes', values.minutes) ?? 10;
  const failed = [];
  for (const [n, part] of parts.entries()) {
    step(`${part}, ${n + 1} of ${parts.length}, with seed ${seed}`);
    const [kind, ...config] =
      part in OUTAGES ? ['outage', '--config=test/outages/jest.config.cjs'] : ['spec'];
    const files = ALL[part].map((name) => `test/${name}.${kind}.ts`);
    const env = { TEST_SEED: `${seed}`, TEST_TIMES: `${times}`, TEST_MINUTES: `${minutes}` };
    const code = await runAttached('scripts/test.mjs', [...config, '--runTestsByPath', ...files], {
      stop,
      env: { ...process.env, ...env },
    });
    if (code !== 0) failed.push(part);
  }
  const options = `--seed ${seed} --times ${times} --minutes ${minutes}`;
  for (const part of failed) step(`${part} FAILED; to repeat it: pnpm run nightly ${part} ${options}`);
  if (failed.length === 0) step(`all passed with seed ${seed}`);
  return failed.length === 0 ? 0 : 1;
}

/** @param {string} name @param {string | undefined} given */
function wholeNumber(name, given) {
  if (given === undefined) return null;
  const value = Number(given);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw wrongUsage(`--${name} should be a whole number from 1, not "${given}"`, USAGE);
}
