// @ts-check
// Profiles as Markdown.
import { aligned } from '../table.mjs';

const MOST = 15;
/** Characters of a statement, which tell it from the others. */
const TEXT = 90;

/** @param {number} part @param {number} whole */
const percent = (part, whole) => (whole === 0 ? '–' : `${((part / whole) * 100).toFixed(1)} %`);

/** @param {import('./profiler.mjs').Profile} profile @returns {string} */
export function profileText({ name, milliseconds, statements, functions }) {
  const outer = statements.filter(({ isInner }) => !isInner);
  const inner = statements.filter(({ isInner }) => isInner);
  const all = outer.reduce((sum, one) => sum + one.milliseconds, 0);
  const sampled = functions.reduce((sum, one) => sum + one.microseconds, 0);
  return [
    `## Profile of ${name}`,
    sharesText(milliseconds),
    statementTable('statement', outer, all),
    ...(inner.length === 0 ? [] : [statementTable('inside of functions', inner, all)]),
    ...(sampled === 0 ? [] : [functionTable(functions, sampled)]),
  ].join('\n\n');
}

/** @param {import('./profiler.mjs').Profile['milliseconds']} milliseconds */
function sharesText({ database, service, callers }) {
  if (database === null || service === null) return 'Processor time was not measured.';
  const all = database + service + callers;
  const shares = { database, service, callers };
  return `Processor time: ${Object.entries(shares)
    .map(([who, used]) => `${who} ${percent(used, all)}`)
    .join(', ')}.`;
}

/** @param {string} what @param {readonly import('./statements.mjs').Statement[]} statements @param {number} all */
function statementTable(what, statements, all) {
  return aligned([
    [what, 'calls', 'mean µs', 'of it planning', 'share'],
    ...statements.slice(0, MOST).map(({ text, calls, milliseconds, planning }) => [
      // A bar would end the cell.
      `${text.slice(0, TEXT)}${text.length > TEXT ? '…' : ''}`.replaceAll('|', '\\|'),
      calls.toLocaleString('en'),
      Math.round((milliseconds * 1000) / calls).toLocaleString('en'),
      percent(planning, milliseconds),
      percent(milliseconds, all),
    ]),
  ]);
}

/** @param {readonly import('./functions.mjs').Spent[]} functions @param {number} all */
function functionTable(functions, all) {
  return aligned([
    ['the service: file and function, or package', 'share'],
    ...functions.slice(0, MOST).map(({ where, microseconds }) => [where, percent(microseconds, all)]),
  ]);
}
