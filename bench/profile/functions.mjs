// @ts-check
// Sums V8's samples of the service by file and function.

/**
 * @typedef {object} CpuProfile as V8 gives it
 * @property {{ id: number, callFrame: { functionName: string, url: string, lineNumber: number } }[]} nodes
 * @property {number[]} [samples] ids of nodes
 * @property {number[]} [timeDeltas] microseconds before each sample
 */
/** @typedef {{ where: string, microseconds: number }} Spent */

/** Time in which nothing runs, and what the agent itself takes to end a profile. */
const LEFT_OUT = ['(idle)', 'dispatch'];

/**
 * A package counts as one, and so does each module of Node.
 * @param {CpuProfile['nodes'][number]['callFrame']} frame
 * @returns {string}
 */
export function placeOf({ functionName, url }) {
  if (url === '') return functionName === '' ? '(program)' : functionName;
  if (url.startsWith('node:')) return url.replace(/^node:internal\//, 'node:');
  const packages = url.split('/node_modules/');
  const [first = '', second = ''] = packages.length > 1 ? (packages.at(-1) ?? '').split('/') : [];
  if (packages.length > 1) return first.startsWith('@') ? `${first}/${second}` : first;
  const file = url.replace(/^.*\/dist\//, '').replace(/^file:\/\//, '');
  return `${file} ${functionName === '' ? '(anonymous)' : functionName}`;
}

/**
 * @param {readonly CpuProfile[]} profiles
 * @returns {Spent[]} the largest first, without the time in which the service does nothing
 */
export function spentIn(profiles) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const { nodes, samples = [], timeDeltas = [] } of profiles) {
    const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
    for (const [i, sample] of samples.entries()) {
      const place = places.get(sample) ?? '(program)';
      if (!LEFT_OUT.includes(place)) sums.set(place, (sums.get(place) ?? 0) + (timeDeltas[i] ?? 0));
    }
  }
  return [...sums]
    .map(([where, microseconds]) => ({ where, microseconds }))
    .sort((a, b) => b.microseconds - a.microseconds);
}
