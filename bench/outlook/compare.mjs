// @ts-check
// `pnpm run bench --outlook`: the product's forecast of the wait beside the two usual formulas. docs/outlook.md has the
// results.
import fs from 'node:fs';
import { lineChart } from '../chart.mjs';
import { between } from '../docs.mjs';
import { say } from '../progress.mjs';
import { DAYS } from './days.mjs';
import { byLastWaits, byPace, bySize } from './forecasts.mjs';
import { LEARNING_DAYS, simulate } from './simulate.mjs';

/** @typedef {ReturnType<typeof simulate>[number]} Scored */

const PAGE = 'docs/outlook.md';
const MARKERS = {
  begin: '<!-- results: written by pnpm run bench --outlook --write-docs -->',
  end: '<!-- /results -->',
};
const CHART = { file: 'docs/outlook-day.svg', day: 'staff leaving at five', from: 8, to: 21 };
const HEAD = [
  'day',
  'outlooks',
  'mean wait',
  'place × time between takes',
  'last ten waits',
  'size × handling / operators',
  'share in the 80 % interval',
  'its mean width',
];
const SEED = 20_261_128;
const HOUR = 3600;

/** @param {import('../options.mjs').Options} options @returns {Promise<number>} the exit code */
export async function compareForecasts({ quick, writeDocs }) {
  /** @type {import('./forecasts.mjs').Method} */
  const method = await import(new URL('../../dist/src/outlook/method.js', import.meta.url).href);
  const days = LEARNING_DAYS + (quick ? 4 : 12);
  /** @type {string[][]} */
  const rows = [HEAD];
  for (const [name, day] of Object.entries(DAYS)) {
    say(`${name} …`);
    const all = simulate(method, day, SEED, days, [byPace(method), byLastWaits(), bySize()]);
    rows.push(rowOf(name, all));
    if (name === CHART.day && all[0] !== undefined && writeDocs)
      fs.writeFileSync(CHART.file, chartOf(all[0]));
  }
  const table = aligned(rows);
  process.stdout.write(`\n${table}\n`);
  if (writeDocs) fs.writeFileSync(PAGE, between(fs.readFileSync(PAGE, 'utf8'), table, MARKERS));
  return 0;
}

/** @param {string} name @param {readonly Scored[]} all the first is the product's */
function rowOf(name, all) {
  const [product, ...usual] = all.map(({ score }) => score);
  if (product === undefined) throw new Error('nothing was simulated');
  return [
    name,
    product.count.toLocaleString('en'),
    minutes(product.actual),
    `**${minutes(product.error)}**`,
    ...usual.map(({ error }) => minutes(error)),
    `**${(100 * product.coverage).toFixed(1)} %**`,
    minutes(product.width),
  ];
}

/** A table in Markdown. @param {readonly (readonly string[])[]} rows the first is the head */
function aligned([head = [], ...rows]) {
  const widths = head.map((name, i) =>
    Math.max(...[name, ...rows.map((row) => row[i] ?? '')].map((cell) => cell.length)),
  );
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [head, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n');
}

/** By the hour in which somebody asked. @param {Scored} product */
function chartOf(product) {
  /** @type {(of: (outlook: import('./simulate.mjs').Outlook) => number) => [number, number][]} */
  const points = (of) => {
    const hours = Array.from({ length: CHART.to - CHART.from + 1 }, (_, i) => CHART.from + i);
    return hours.flatMap((hour) => {
      const asked = product.counted.filter(
        ({ at, interval }) => interval !== null && Math.floor((at / HOUR) % 24) === hour,
      );
      const sum = asked.reduce((total, outlook) => total + of(outlook), 0);
      return asked.length === 0 ? [] : [[hour, sum / asked.length / 60]];
    });
  };
  return lineChart({
    title: `A day with staff leaving at five`,
    x: 'hour in which the customer asked',
    y: 'minutes, mean of the hour',
    isLinear: true,
    series: [
      { name: 'actual wait', points: points(({ actualSeconds }) => actualSeconds) },
      { name: 'expected wait', points: points(({ expectedSeconds }) => expectedSeconds) },
      { name: 'interval: from', points: points(({ interval }) => interval?.low ?? 0) },
      { name: 'interval: to', points: points(({ interval }) => interval?.high ?? 0) },
    ],
  });
}

/** @param {number} seconds */
function minutes(seconds) {
  return `${(seconds / 60).toFixed(1)} min`;
}
