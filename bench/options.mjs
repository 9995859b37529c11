// @ts-check
// The options of the command line.
import { readOptions, wrongUsage } from '../scripts/arguments.mjs';

/** In the order in which they run. */
export const SCENARIOS = /** @type {const} */ ([
  'P1',
  'P2',
  'P3',
  'P4',
  'P5',
  'P6',
  'P7',
  'P8',
  'P9',
  'P10',
  'P11',
  'P12',
  'P13',
  'P14',
  'P15',
  'P16',
  'P17',
  'P18',
  'WHILE',
  'MEMORY',
  'DEPTH',
  'CALLERS',
]);

/** @typedef {(typeof SCENARIOS)[number]} ScenarioName */
/**
 * @typedef {object} Options
 * @property {boolean} quick
 * @property {Set<ScenarioName>} only
 * @property {number | null} repeats
 * @property {string | null} out the file for the results
 * @property {boolean} writeDocs
 * @property {boolean} profile also look where the time goes
 * @property {boolean} outlook only the simulation of expected waits
 */

const USAGE = `usage: pnpm run bench [--quick] [--only P1,P4] [--repeats 3] [--out file.json] [--profile] [--write-docs]
       pnpm run bench --outlook [--quick] [--write-docs]
  --quick       two minutes: shallower queues and shorter runs, the same checks
  --only        some of ${SCENARIOS.join(', ')}
  --repeats     how often each pair is measured
  --out         where the results go; bench/results/<date>.json without it
  --profile     also look where the time goes: statements, functions, processor time
  --write-docs  put the table and the charts into docs/
  --outlook     simulate days of a team and compare forecasts of the wait; needs no database`;

/**
 * @param {readonly string[]} args
 * @returns {Options | null} null when they ask for help
 */
export function readBenchOptions(args) {
  const given = readOptions(
    args,
    {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      repeats: { type: 'string' },
      out: { type: 'string' },
      profile: { type: 'boolean', default: false },
      'write-docs': { type: 'boolean', default: false },
      outlook: { type: 'boolean', default: false },
    },
    USAGE,
  );
  if (given === null) return null;
  const { quick, only, repeats, out = null, profile, 'write-docs': writeDocs, outlook } = given;
  if (outlook && (only !== undefined || repeats !== undefined || out !== null || profile))
    throw wrong('--outlook takes --quick and --write-docs only');
  if (writeDocs && only !== undefined) throw wrong('--write-docs takes a run of everything, not --only some');
  if (writeDocs && profile) throw wrong('--write-docs takes figures that no --profile slows down');
  return {
    quick,
    only: only === undefined ? new Set(SCENARIOS) : readOnly(only),
    repeats: repeats === undefined ? null : readRepeats(repeats),
    out,
    profile,
    writeDocs,
    outlook,
  };
}

/** @param {string} text @returns {Set<ScenarioName>} */
function readOnly(text) {
  const wanted = text.split(',').map((name) => name.trim().toUpperCase());
  const unknown = wanted.find((name) => !SCENARIOS.some((known) => known === name));
  if (unknown !== undefined) throw wrong(`there is no ${unknown || 'empty name'}: ${SCENARIOS.join(', ')}`);
  return new Set(SCENARIOS.filter((name) => wanted.includes(name)));
}

/** @param {string} text */
function readRepeats(text) {
  const repeats = Number(text);
  if (Number.isInteger(repeats) && repeats >= 1 && repeats <= 100) return repeats;
  throw wrong(`--repeats should be a whole number from 1 to 100, not "${text}"`);
}

/** @param {string} what */
function wrong(what) {
  return wrongUsage(what, USAGE);
}
