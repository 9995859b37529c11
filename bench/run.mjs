// @ts-check
// From options to results.
import fs from 'node:fs';
import path from 'node:path';
import { Findings } from './checks.mjs';
import { machine } from './cpu.mjs';
import { Load } from './load.mjs';
import { FULL, QUICK } from './plan.mjs';
import { say, show } from './progress.mjs';
import { findReference } from './reference.mjs';
import { p1 } from './scenarios/p1-http-against-the-function.mjs';
import { p2 } from './scenarios/p2-coalesced-over-many-tenants.mjs';
import { p3 } from './scenarios/p3-deep-against-shallow.mjs';
import { p4 } from './scenarios/p4-many-callers-of-one-tenant.mjs';
import { p5 } from './scenarios/p5-exactness.mjs';
import { p6 } from './scenarios/p6-ingest-against-copy.mjs';
import { p7 } from './scenarios/p7-pages-at-depth.mjs';
import { p8 } from './scenarios/p8-grace-expiry-against-an-update.mjs';
import { p9 } from './scenarios/p9-soak.mjs';
import { withServer } from './server.mjs';
import { knows, SETTINGS } from './service.mjs';
import { meets, table } from './table.mjs';

/** @type {[import('./options.mjs').ScenarioName, (context: import('./context.mjs').Context) => Promise<import('./context.mjs').Row[]>][]} */
const SCENARIOS = [
  ['P1', p1],
  ['P2', p2],
  ['P3', p3],
  ['P4', p4],
  ['P5', p5],
  ['P6', p6],
  ['P7', p7],
  ['P8', p8],
  ['P9', p9],
];

/**
 * @param {import('./options.mjs').Options} options
 * @param {AbortSignal} stop
 * @returns {Promise<number>} the exit code: 1 when an answer was wrong
 */
export async function runBench(options, stop) {
  const plan = { ...(options.quick ? QUICK : FULL) };
  if (options.repeats !== null) plan.repeats = options.repeats;
  const startedAt = new Date();
  return withServer(stop, async (server) => {
    const database = await server.describe();
    const load = new Load(stop);
    const findings = new Findings();
    try {
      const reference = await findReference();
      const coalesces = await knows('ALLOCATE_COALESCING');
      const context = { stop, plan, server, load, findings, reference, coalesces, show };
      const rows = [];
      for (const [name, scenario] of SCENARIOS.filter(([known]) => options.only.has(known))) {
        say(`${name} …`);
        const found = await scenario(context);
        for (const row of found) say(`${row.id}: ${row.measured}`);
        rows.push(...found);
      }
      const results = {
        startedAt: startedAt.toISOString(),
        seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
        quick: options.quick,
        commit: commit(),
        machine: machine(),
        postgres: database,
        service: { ...SETTINGS, coalescing: coalesces ? 'switched per scenario' : 'not in this build' },
        reference: { tool: reference.tool, options: reference.options },
        plan,
        findings,
        rows,
      };
      report(options, results);
      return findings.violations.length > 0 ? 1 : 0;
    } finally {
      load.end();
    }
  });
}

/** @param {import('./options.mjs').Options} options @param {Record<string, any> & { rows: import('./context.mjs').Row[], findings: Findings }} results */
function report(options, results) {
  const file =
    options.out ??
    path.join(
      'bench/results',
      `${options.quick ? 'quick-' : ''}${results.startedAt.replaceAll(':', '-')}.json`,
    );
  fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(`\n${table(results.rows)}\n\n`);
  const { allocations, compared, violations } = results.findings;
  process.stdout.write(`${allocations} allocations checked, ${compared} picks compared with brute force.\n`);
  for (const violation of violations) process.stdout.write(`WRONG: ${violation}\n`);
  const missed = results.rows.filter((row) => meets(row) === false).map(({ id }) => id);
  if (missed.length > 0) process.stdout.write(`Below the bar: ${missed.join(', ')}\n`);
  say(`results in ${file}`);
}

function commit() {
  try {
    return fs.readFileSync('dist/commit', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
