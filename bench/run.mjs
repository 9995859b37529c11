// @ts-check
// Runs the scenarios and writes the results.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Findings } from './checks.mjs';
import { machine } from './cpu.mjs';
import { writeCharts, writePage } from './docs.mjs';
import { Load } from './load.mjs';
import { FULL, QUICK } from './plan.mjs';
import { say, show } from './progress.mjs';
import { NoProfiler, Profiler } from './profile/profiler.mjs';
import { profileText } from './profile/report.mjs';
import { findReference } from './reference.mjs';
import { summaryOf } from './report.mjs';
import { callersCurve } from './scenarios/callers-curve.mjs';
import { depthCurve } from './scenarios/depth-curve.mjs';
import { memoryAndBoot } from './scenarios/memory-and-boot.mjs';
import { p1 } from './scenarios/p1-http-against-the-function.mjs';
import { p2 } from './scenarios/p2-coalesced-over-many-tenants.mjs';
import { p3 } from './scenarios/p3-deep-against-shallow.mjs';
import { p4 } from './scenarios/p4-many-callers-of-one-tenant.mjs';
import { exactness, p5 } from './scenarios/p5-exactness.mjs';
import { p6 } from './scenarios/p6-ingest-against-copy.mjs';
import { p7 } from './scenarios/p7-pages-at-depth.mjs';
import { p8 } from './scenarios/p8-grace-expiry-against-an-update.mjs';
import { p9 } from './scenarios/p9-soak.mjs';
import { p10 } from './scenarios/p10-http-against-the-bare-allocate.mjs';
import { p11 } from './scenarios/p11-message-to-stream.mjs';
import { p12 } from './scenarios/p12-batch-into-a-push-inbox.mjs';
import { p13 } from './scenarios/p13-round-trips.mjs';
import { p14 } from './scenarios/p14-questions-at-depth.mjs';
import { p15 } from './scenarios/p15-large-tenant.mjs';
import { p16 } from './scenarios/p16-four-instances.mjs';
import { p17 } from './scenarios/p17-idle-tenants.mjs';
import { p18 } from './scenarios/p18-after-a-year.mjs';
import { whileBackgroundWorkRuns } from './scenarios/while-background-work-runs.mjs';
import { withServer } from './server.mjs';
import { knows, SETTINGS } from './service.mjs';
import { meets, table } from './table.mjs';

/** @typedef {import('./context.mjs').Row} Row */
/**
 * @type {Record<import('./options.mjs').ScenarioName, (context: import('./context.mjs').Context) => Promise<Row[]>>}
 */
const SCENARIOS = {
  P1: p1,
  P2: p2,
  P3: p3,
  P4: p4,
  P5: p5,
  P6: p6,
  P7: p7,
  P8: p8,
  P9: p9,
  P10: p10,
  P11: p11,
  P12: p12,
  P13: p13,
  P14: p14,
  P15: p15,
  P16: p16,
  P17: p17,
  P18: p18,
  WHILE: whileBackgroundWorkRuns,
  MEMORY: memoryAndBoot,
  DEPTH: depthCurve,
  CALLERS: callersCurve,
};

/**
 * @param {import('./options.mjs').Options} options
 * @param {AbortSignal} stop
 * @returns {Promise<number>} the exit code: 1 when a result was wrong
 */
export async function runBench(options, stop) {
  const plan = { ...(options.quick ? QUICK : FULL) };
  if (options.repeats !== null) plan.repeats = options.repeats;
  const startedAt = new Date();
  const results = await withServer(stop, options, async (server) => {
    const database = await server.describe();
    const profiler = options.profile ? await Profiler.start(server) : new NoProfiler();
    server.profiler = profiler;
    const load = new Load(stop, profiler);
    const findings = new Findings();
    try {
      const reference = await findReference();
      const coalesces = await knows('ALLOCATE_COALESCING');
      const context = { stop, plan, server, load, findings, reference, coalesces, profiler, show };
      const { rows, seconds } = await runAll(options, context);
      return {
        startedAt: startedAt.toISOString(),
        seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
        secondsOf: seconds,
        quick: options.quick,
        commit: commit(),
        machine: machine(),
        postgres: database,
        service: { ...SETTINGS, coalescing: coalesces ? 'switched per scenario' : 'not in this build' },
        reference: { tool: reference.tool, options: reference.options },
        plan,
        findings,
        rows,
        ...(options.profile ? { profiles: profiler.found() } : {}),
      };
    } finally {
      load.end();
      await profiler.end();
    }
  });
  report(options, results);
  return Object.keys(results.findings.violations).length > 0 ? 1 : 0;
}

/** @param {import('./options.mjs').Options} options @param {import('./context.mjs').Context} context */
async function runAll({ only }, context) {
  /** @type {Row[]} */
  const rows = [];
  /** @type {Record<string, number>} */
  const seconds = {};
  for (const name of only) {
    const started = Date.now();
    say(`${name} …`);
    const scenario = () => SCENARIOS[name](context);
    const found = await context.profiler.scenario(name, scenario).catch((/** @type {Error} */ error) => {
      context.stop.throwIfAborted();
      // The results of the other scenarios still count.
      context.findings.violation(1, `could not be measured: ${error.message}`, name);
      say(`${name}: ${error.stack}`);
      return [];
    });
    for (const row of found) say(`${row.id}: ${row.measured}`);
    rows.push(...found);
    seconds[name] = Math.round((Date.now() - started) / 1000);
  }
  // Scenarios after P5 add findings too.
  const at = rows.findIndex(({ id }) => id === 'P5');
  if (at >= 0) rows[at] = exactness(context.findings);
  return { rows, seconds };
}

/**
 * @typedef {Parameters<typeof summaryOf>[0] & {
 *   rows: Row[], findings: Findings, startedAt: string, profiles?: import('./profile/profiler.mjs').Profile[]
 * }} Results
 */

/** @param {import('./options.mjs').Options} options @param {Results} results */
function report(options, results) {
  const name = `${options.quick ? 'quick-' : ''}${results.startedAt.replaceAll(':', '-')}`;
  const file = options.out ?? path.join('bench/results', `${name}.json`);
  fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  writeCharts(results.rows, (chart) => file.replace(/(\.json)?$/, `-${path.basename(chart)}`));
  const written = table(results.rows);
  const context = summaryOf(results);
  process.stdout.write(`\n${written}\n\n${context}\n`);
  for (const profile of results.profiles ?? []) process.stdout.write(`\n${profileText(profile)}\n`);
  for (const [what, count] of Object.entries(results.findings.violations))
    process.stdout.write(`WRONG: ${what} (${count})\n`);
  const missed = results.rows.filter((row) => meets(row) === false).map(({ id }) => id);
  if (missed.length > 0) process.stdout.write(`Misses its bar: ${missed.join(', ')}\n`);
  if (options.writeDocs) {
    writeCharts(results.rows, (chart) => chart);
    writePage(`${written}\n\n${context}`);
  }
  say(`results in ${file}`);
}

/** Of the sources, with a + when they have been changed since. */
function commit() {
  const git = (/** @type {string[]} */ ...args) =>
    spawnSync('git', args, { encoding: 'utf8' }).stdout?.trim() ?? '';
  const hash = git('rev-parse', '--short', 'HEAD');
  const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
  return hash === '' ? 'unknown' : `${hash}${changed ? '+' : ''}`;
}
