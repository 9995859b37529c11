// @ts-check
// The cells of the matrix, and the selection by the command line. Imports only Node's own modules.
import { readOptions, wrongUsage } from '../arguments.mjs';
import { MAJORS } from '../servers.mjs';

/**
 * The owner is a superuser, or has CREATEROLE, as on RDS, Cloud SQL, Azure, Supabase and Neon, or may create neither
 * roles nor databases. Then a DBA creates them.
 */
export const OWNERS = /** @type {const} */ (['superuser', 'createrole', 'plain']);
/** @typedef {(typeof OWNERS)[number]} Owner */

/**
 * @typedef {object} Cell
 * @property {string} name
 * @property {import('../servers.mjs').Major} major
 * @property {Owner} owner
 */

/** @type {Cell[]} */
const CELLS = MAJORS.flatMap((major) => OWNERS.map((owner) => ({ name: `${major}/${owner}`, major, owner })));

const USAGE = `usage: pnpm run matrix [--only 15/superuser,16]
  --only  some of PostgreSQL ${MAJORS.join(', ')}, each with any owner or with one of ${OWNERS.join(', ')}`;

/**
 * @param {string[]} args of the command line
 * @returns {Cell[] | null} null when they ask for help
 */
export function readCells(args) {
  const given = readOptions(args, { only: { type: 'string' } }, USAGE);
  if (given === null) return null;
  const { only } = given;
  if (only === undefined) return CELLS;
  const wanted = only.split(',').map((name) => name.trim());
  const fits = (/** @type {Cell} */ { name, major }, /** @type {string} */ text) =>
    [name, `${major}`].includes(text);
  const unknown = wanted.find((text) => !CELLS.some((cell) => fits(cell, text)));
  if (unknown !== undefined) throw wrongUsage(`there is no "${unknown}"`, USAGE);
  return CELLS.filter((cell) => wanted.some((text) => fits(cell, text)));
}
