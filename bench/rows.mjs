// @ts-check
// Rows of the result table.

/** @typedef {import('./context.mjs').Row} Row */

/**
 * @param {Pick<Row, 'id' | 'what' | 'measured' | 'bar'> & { details: { ratio: import('./statistics.mjs').Summary } & Record<string, unknown> }} line
 * @param {Row['unit']} [unit]
 * @returns {Row}
 */
export function ratioRow({ id, what, measured, bar, details }, unit = 'share') {
  const { median, min, max } = details.ratio;
  return { id, what, measured, value: median, min, max, unit, bar, details };
}

/** @param {{ median: number }} summary @param {string} [what] is counted */
export function perSecond({ median }, what = '') {
  return `${Math.round(median).toLocaleString('en')}${what}/s`;
}

/**
 * The rate of work that is counted in rows.
 * @param {number} rows @param {number} milliseconds @param {import('./cpu.mjs').Used} used
 */
export function rowRate(rows, milliseconds, used) {
  const each = (/** @type {number | null} */ ms) => (ms === null ? null : (ms * 1000) / rows);
  return {
    perSecond: (rows / milliseconds) * 1000,
    rows,
    milliseconds,
    microseconds: { service: each(used.service), database: each(used.database) },
    otherShare: used.otherShare,
  };
}
