// @ts-check
// Writes the results of a full run into docs/: the table between its markers, and the charts.
import fs from 'node:fs';
import { lineChart } from './chart.mjs';

const PAGE = 'docs/performance.md';
const MARKERS = {
  begin: '<!-- results: written by pnpm run bench --write-docs -->',
  end: '<!-- /results -->',
};
const CHARTS = {
  DEPTH: {
    file: 'docs/performance-depth.svg',
    title: 'Allocations per second against the depth of the queue',
    x: 'conversations that wait (logarithmic)',
  },
  CALLERS: {
    file: 'docs/performance-callers.svg',
    title: 'Allocations per second against callers',
    x: 'callers at once (logarithmic)',
  },
};

/** @param {readonly import('./context.mjs').Row[]} rows @param {(file: string) => string} where to write a file */
export function writeCharts(rows, where) {
  for (const [id, { file, title, x }] of Object.entries(CHARTS)) {
    const row = rows.find((candidate) => candidate.id === id);
    if (row === undefined) continue;
    const { series } = /** @type {{ series: import('./chart.mjs').Series[] }} */ (row.details);
    const chart = lineChart({ title, x, y: 'allocations per second', series });
    fs.writeFileSync(where(file), chart);
  }
}

/** @param {string} text the table and what was measured where */
export function writePage(text) {
  fs.writeFileSync(PAGE, between(fs.readFileSync(PAGE, 'utf8'), text));
}

/**
 * @param {string} page @param {string} text
 * @param {{ begin: string, end: string }} [markers]
 * @returns {string} the page with the text between the markers
 */
export function between(page, text, markers = MARKERS) {
  const [before, rest] = page.split(markers.begin);
  const after = rest?.split(markers.end)[1];
  if (after === undefined) throw new Error(`the page lacks ${markers.begin} … ${markers.end}`);
  return `${before}${markers.begin}\n\n${text}\n\n${markers.end}${after}`;
}
