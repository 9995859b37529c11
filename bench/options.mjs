// @ts-check
// What the command line asks for.
import { Failure } from '../scripts/processes.mjs';

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
 */

export const USAGE = `usage: pnpm run bench [--quick] [--only P1,P4] [--repeats 3] [--out file.json] [--write-docs]
  --quick       two minutes: shallower queues and shorter runs, the same checks
  --only        some of ${SCENARIOS.join(', ')}
  --repeats     how often each pair is measured
  --out         where the results go; bench/results/<date>.json without it
  --write-docs  put the table and the charts into docs/`;

/**
 * @param {readonly string[]} args
 * @returns {Options}
 */
export function readOptions(args) {
  /** @type {Options} */
  const options = { quick: false, only: new Set(SCENARIOS), repeats: null, out: null, writeDocs: false };
  const rest = args.filter((arg, i) => arg !== '--' || i > 0).flatMap((arg) => split(arg));
  for (let i = 0; i < rest.length; i++) {
    const name = rest[i] ?? '';
    const value = () => {
      const given = rest[++i];
      if (given === undefined || given.startsWith('--')) throw wrong(`${name} needs a value`);
      return given;
    };
    if (name === '--quick') options.quick = true;
    else if (name === '--write-docs') options.writeDocs = true;
    else if (name === '--only') options.only = readOnly(value());
    else if (name === '--repeats') options.repeats = readRepeats(value());
    else if (name === '--out') options.out = value();
    else throw wrong(`${name} is not an option`);
  }
  if (options.writeDocs && options.only.size < SCENARIOS.length)
    throw wrong('--write-docs takes a run of everything, not --only some');
  return options;
}

/** @param {string} arg `--only=P1` as `--only P1` */
function split(arg) {
  const at = arg.indexOf('=');
  return arg.startsWith('--') && at > 0 ? [arg.slice(0, at), arg.slice(at + 1)] : [arg];
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
  return new Failure(`bench: ${what} (--help shows what there is)`, 2);
}
