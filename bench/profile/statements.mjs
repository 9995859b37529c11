// @ts-check
// Statements by time, from pg_stat_statements. Times are those of a clock: they include waits for locks, for the disk and
// for a processor.

/** With these the server counts statements, also those inside functions, and their planning. */
export const COUNTING = {
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'all',
  'pg_stat_statements.track_planning': 'on',
  'pg_stat_statements.max': '10000',
};

/**
 * @typedef {object} Statement
 * @property {string} text in one line
 * @property {boolean} isInner a function runs it, so the time is also in the function's
 * @property {number} calls
 * @property {number} milliseconds with planning
 * @property {number} planning milliseconds
 */

/** $1 begins the names of the run's databases. That of the connection is one of them, and nothing happens there. */
const COUNTS = `
  select s.userid || '/' || s.dbid || '/' || s.queryid || '/' || s.toplevel as id, s.query as text,
    not s.toplevel as is_inner, s.calls, s.total_exec_time + s.total_plan_time as milliseconds,
    s.total_plan_time as planning
  from pg_stat_statements s join pg_database d on d.oid = s.dbid
  where starts_with(d.datname, $1) and d.datname <> current_database()`;

/**
 * @param {import('pg').Client} client as a superuser @param {string} prefix of the databases of the run
 * @returns {Promise<Map<string, Statement>>}
 */
export async function countedSoFar(client, prefix) {
  const { rows } = await client.query(COUNTS, [prefix]);
  return new Map(
    rows.map(({ id, text, is_inner: isInner, calls, milliseconds, planning }) => [
      id,
      { text: oneLine(text), isInner, calls: Number(calls), milliseconds, planning },
    ]),
  );
}

/**
 * @param {ReadonlyMap<string, Statement>} before @param {ReadonlyMap<string, Statement>} after
 * @returns {Statement[]} what ran in between
 */
export function ranBetween(before, after) {
  return [...after].flatMap(([id, now]) => {
    const then = before.get(id) ?? { calls: 0, milliseconds: 0, planning: 0 };
    const calls = now.calls - then.calls;
    if (calls <= 0) return [];
    const milliseconds = now.milliseconds - then.milliseconds;
    return [{ ...now, calls, milliseconds, planning: now.planning - then.planning }];
  });
}

/**
 * The same statement of several measurements, databases or roles counts as one.
 * @param {readonly Statement[]} statements
 * @returns {Statement[]} the largest first
 */
export function summed(statements) {
  /** @type {Map<string, Statement>} */
  const sums = new Map();
  for (const one of statements) {
    const id = `${one.isInner} ${one.text}`;
    const sum = sums.get(id) ?? { ...one, calls: 0, milliseconds: 0, planning: 0 };
    sum.calls += one.calls;
    sum.milliseconds += one.milliseconds;
    sum.planning += one.planning;
    sums.set(id, sum);
  }
  return [...sums.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

/** @param {string} text */
function oneLine(text) {
  return text
    .replace(/--.*$/gm, '')
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/\s+/g, ' ')
    .trim();
}
