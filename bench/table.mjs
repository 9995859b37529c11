// @ts-check
// The results as a Markdown table.

/** @param {import('./context.mjs').Row} row @param {number | null} value */
function shown({ unit }, value) {
  if (value === null) return '–';
  if (unit === 'share') return `${Math.round(value * 100)} %`;
  // 99.97 % is not 100 %.
  if (unit === 'exact') return `${Math.floor(value * 100_000) / 1000} %`;
  if (unit === 'times') return `${value.toFixed(2)} ×`;
  return String(Math.round(value * 10) / 10);
}

/** @param {import('./context.mjs').Row} row */
function bar(row) {
  const { atLeast, atMost } = row.bar;
  if (atLeast !== undefined) return `≥ ${shown(row, atLeast)}`;
  if (atMost !== undefined) return `≤ ${shown(row, atMost)}`;
  return '';
}

/** null where there is no bar. @param {import('./context.mjs').Row} row */
export function meets({ value, bar: { atLeast, atMost } }) {
  if (value === null || (atLeast === undefined && atMost === undefined)) return null;
  return (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);
}

/** @param {import('./context.mjs').Row} row */
function result(row) {
  const met = meets(row);
  return met === null ? '' : met ? 'met' : '**missed**';
}

/** @param {readonly import('./context.mjs').Row[]} rows @returns {string} Markdown */
export function table(rows) {
  const lines = rows.map((row) => {
    const spread =
      row.min === null || row.max === null ? '' : `${shown(row, row.min)} – ${shown(row, row.max)}`;
    return [row.id, row.what, shown(row, row.value), spread, bar(row), result(row), row.measured];
  });
  const head = ['', 'figure', 'median', 'min – max', 'bar', '', 'measured'];
  return aligned([head, ...lines]);
}

/** A Markdown table, whose columns are padded as Prettier does. @param {string[][]} lines */
export function aligned(lines) {
  const widths = (lines[0] ?? []).map((_, i) => Math.max(3, ...lines.map((line) => (line[i] ?? '').length)));
  const written = lines.map(
    (line) => `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`,
  );
  written.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return written.join('\n');
}
