// @ts-check
// `pnpm run matrix` installs and uses the service on every supported PostgreSQL and with every kind of owner. This file
// imports only Node's own modules, because no package may be installed yet.
import os from 'node:os';
import { readCells } from './matrix/cells.mjs';
import { checkNode, prepare, runToExit, step } from './prepare.mjs';
import { stopSignal } from './processes.mjs';
import { findBinaries, findTooOldBinaries } from './servers.mjs';

/**
 * @typedef {import('./matrix/cells.mjs').Cell} Cell
 * @typedef {import('./matrix/cell.mjs').Result} Result
 */

const INTERRUPTED = 130;
/** A cell that waits for its service leaves a processor idle. */
const AT_ONCE = Math.min(2, os.availableParallelism());

const stop = stopSignal();
await runToExit(stop, main, INTERRUPTED);

/** @returns {Promise<number>} the exit code */
async function main() {
  checkNode();
  const cells = readCells(process.argv.slice(2));
  if (cells === null) return 0;
  const startedAt = performance.now();
  await prepare(stop);
  const results = await runCells(cells);
  failOnDifferentSchemas(cells, results);
  console.log(table(cells, results));
  if (process.argv.length === 2) await checkTooOld();
  const passed = results.filter(({ failure }) => failure === null).length;
  console.log(`${passed} of ${cells.length} cells passed, in ${seconds(performance.now() - startedAt)}.`);
  return passed === cells.length ? 0 : 1;
}

async function checkTooOld() {
  const { refuseTooOld } = await import('./matrix/too-old.mjs');
  await refuseTooOld(await findTooOldBinaries(stop), stop);
  step('PostgreSQL 14 is refused in one line');
}

/**
 * @param {Cell[]} cells
 * @returns {Promise<Result[]>} in the same order
 */
async function runCells(cells) {
  const { runCell } = await import('./matrix/cell.mjs');
  const servers = await findServers(new Set(cells.map(({ major }) => major)));
  /** @type {Result[]} */
  const results = [];
  const waiting = cells.map((cell, n) => ({ cell, n }));
  const workOff = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { cell, n } = next;
      const { binaries, failure } = servers.get(cell.major) ?? { failure: 'there is no such server' };
      const tell = (/** @type {string} */ what) => process.stderr.isTTY && step(`${cell.name}: ${what}`);
      const result = failure
        ? { version: `${cell.major}`, times: {}, failure: `server: ${failure}`, schema: null }
        : await runCell(cell, binaries, { stop, tell });
      results[n] = result;
      step(`${cell.name}: ${result.failure === null ? 'passed' : `FAILED, ${result.failure}`}`);
    }
  };
  // Wait for all cells, also after Ctrl-C, because each must stop its server.
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, workOff));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
  return results;
}

/**
 * Installs one after the other, because two installations at once disturb each other.
 * @param {Set<import('./servers.mjs').Major>} majors
 */
async function findServers(majors) {
  /** @type {Map<number, { binaries?: string | undefined, failure?: string }>} */
  const servers = new Map();
  for (const major of majors) {
    try {
      servers.set(major, { binaries: await findBinaries(major, stop) });
    } catch (error) {
      stop.throwIfAborted();
      servers.set(major, { failure: /** @type {Error} */ (error).message });
    }
  }
  return servers;
}

/**
 * The schema must not depend on the owner. scripts/check-schema.mjs compares versions, whose wording differs.
 * @param {Cell[]} cells
 * @param {Result[]} results
 */
function failOnDifferentSchemas(cells, results) {
  for (const [n, { major }] of cells.entries()) {
    const first = cells.findIndex((cell, i) => cell.major === major && results[i]?.schema);
    const result = results[n];
    const expected = results[first]?.schema?.split('\n');
    if (!result?.schema || result.failure !== null || expected === undefined) continue;
    const found = result.schema.split('\n');
    const at = found.findIndex((line, i) => line !== expected[i]);
    if (at === -1 && found.length === expected.length) continue;
    result.failure = `schema: not the one of ${cells[first]?.name}: "${found[at]}" instead of "${expected[at]}"`;
  }
}

/** @param {Cell[]} cells @param {Result[]} results */
function table(cells, results) {
  const steps = [...new Set(results.flatMap(({ times }) => Object.keys(times)))];
  const rows = cells.map(({ owner }, n) => {
    const { version, times, failure } = /** @type {Result} */ (results[n]);
    const all = steps.map((name) => times[/** @type {keyof typeof times} */ (name)]);
    const total = all.reduce((/** @type {number} */ sum, ms) => sum + (ms ?? 0), 0);
    return [version, owner, ...all.map(seconds), failure === null ? seconds(total) : 'FAILED'];
  });
  const lines = [['server', 'owner', ...steps, 'total'], ...rows];
  const widths = lines.reduce(
    (most, line) => line.map((text, i) => Math.max(text.length, most[i] ?? 0)),
    [0],
  );
  const text = lines.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const failures = cells.flatMap(({ name }, n) => {
    const failure = results[n]?.failure ?? null;
    return failure === null ? [] : [`${name}: ${failure}`];
  });
  return [...text, '', ...failures].join('\n');
}

/** @param {number | undefined} ms */
function seconds(ms) {
  return ms === undefined ? '–' : `${(ms / 1000).toFixed(1)} s`;
}
