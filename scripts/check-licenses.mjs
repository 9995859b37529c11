// Whether everything that production needs may be used and passed on freely. Reads what is installed: no network, no
// package manager. Binaries for other platforms than this one are not installed, so they are not looked at.
import fs from 'node:fs';
import path from 'node:path';
import { PROJECT } from './prepare.mjs';

/** Permissive ones, by their SPDX names. */
const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
];

/** @typedef {{ name: string, version: string, license?: unknown, licenses?: unknown } & Record<string, any>} Package */

const found = productionPackages(PROJECT);
const refused = found
  .map((each) => ({ name: `${each.name}@${each.version}`, license: licenseOf(each) }))
  .filter(({ license }) => !isAllowed(license));
for (const { name, license } of refused) console.error(`${name}: ${license ?? 'names no licence'}`);
if (refused.length > 0) {
  console.error(
    'These licences are not on the list in scripts/check-licenses.mjs: take another package, or discuss the licence.',
  );
  process.exitCode = 1;
} else {
  console.log(`${found.length} packages, all under permissive licences.`);
}

/**
 * What `dependencies` lead to, as Node would find it, each version once.
 * @param {string} project
 * @returns {Package[]}
 */
function productionPackages(project) {
  /** @type {Map<string, Package>} */
  const seen = new Map();
  const visit = (/** @type {string} */ folder) => {
    const own = read(folder);
    if (folder !== project) seen.set(folder, own);
    const optional = (/** @type {string} */ name) =>
      own.optionalDependencies?.[name] !== undefined || own.peerDependenciesMeta?.[name]?.optional === true;
    const needed = { ...own.peerDependencies, ...own.dependencies };
    const names = Object.keys(needed).filter((name) => !optional(name));
    for (const name of [...names, ...Object.keys(own.optionalDependencies ?? {})]) {
      const found = find(folder, name);
      if (found === undefined && !optional(name)) {
        throw new Error(`${own.name} needs ${name}, which is not installed`);
      }
      if (found !== undefined && !seen.has(found)) visit(found);
    }
  };
  visit(project);
  return [...seen.values()];
}

/** @param {string} folder @returns {Package} */
function read(folder) {
  return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
}

/** @param {string} folder of the package that asks @param {string} name @returns {string | undefined} */
function find(folder, name) {
  for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) {
    const candidate = path.join(at, 'node_modules', name);
    if (fs.existsSync(path.join(candidate, 'package.json'))) return fs.realpathSync(candidate);
  }
  return undefined;
}

/** Old packages have an object, or a list of them. @param {Package} own @returns {string | undefined} */
function licenseOf({ license, licenses }) {
  const given = [license ?? licenses ?? []].flat().map((each) => each?.type ?? each);
  return given.length === 0 ? undefined : given.join(' OR ');
}

/** @param {string | undefined} expression such as `(MIT OR GPL-3.0) AND ISC` */
function isAllowed(expression = '') {
  const plain = expression.replaceAll(/[()]/g, '');
  return plain
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((name) => ALLOWED.includes(name.trim())));
}
