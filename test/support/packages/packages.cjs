/**
 * Each test file loads all of the service, which is 1,800 files of packages. So they are bundled once into a single
 * file, and each package name that a file imports leads there. A worker compiles it once for all of its test files.
 */
const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const PROJECT = path.join(__dirname, '../../..');
/** The bundle consists of the packages that these files import, and the lock file has their versions. */
const IMPORTING = ['src', 'migrations', 'test'];
const IMPORT = /(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*'([^'.][^']*)'/g;

/** The specifiers that sources and tests import from the packages of production, and supertest, which is large too. */
function importedSpecifiers() {
  const { dependencies } = JSON.parse(fs.readFileSync(path.join(PROJECT, 'package.json'), 'utf8'));
  const bundled = new Set([...Object.keys(dependencies), 'supertest']);
  // The setup file must load the same instance.
  bundled.delete('reflect-metadata');
  const specifiers = IMPORTING.flatMap((directory) => sourcesIn(path.join(PROJECT, directory)))
    .flatMap((file) => [...fs.readFileSync(file, 'utf8').matchAll(IMPORT)])
    .map(([, specifier]) => specifier)
    .filter((specifier) => bundled.has(/^(@[^/]+\/)?[^/]+/.exec(specifier)[0]));
  return [...new Set(specifiers)].sort();
}

function sourcesIn(directory) {
  return fs
    .readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(directory, name));
}

/** @returns {string} the directory of the bundle, which is built if packages, imports or the way to build it changed */
function bundle(specifiers) {
  const hash = createHash('sha256').update(specifiers.join());
  const how = ['build-bundle.mjs', 'keep-places.mjs'].map((name) => path.join(__dirname, name));
  for (const file of [path.join(PROJECT, 'pnpm-lock.yaml'), ...how]) hash.update(fs.readFileSync(file));
  const directory = path.join(PROJECT, 'node_modules/.cache/packages', hash.digest('hex').slice(0, 16));
  if (!fs.existsSync(directory)) {
    runScript('build-bundle.mjs', [directory, ...specifiers]);
  }
  return directory;
}

function runScript(name, args) {
  execFileSync(process.execPath, [path.join(__dirname, name), ...args], { cwd: PROJECT, stdio: 'inherit' });
}

/** For Jest's configuration. */
function inOneFile() {
  const specifiers = importedSpecifiers();
  const directory = bundle(specifiers);
  const modules = specifiers.map((specifier, i) => [
    `^${specifier.replaceAll('.', '\\.')}$`,
    path.join(directory, `${i}.cjs`),
  ]);
  return { moduleNameMapper: Object.fromEntries(modules), bundle: path.join(directory, 'packages.cjs') };
}

/** Where the programs are that the tests start as processes, each in one file. */
const PROGRAMS = path.join(PROJECT, 'node_modules/.cache/programs');

/** Bundles the built programs, before a run. It takes half a second. */
function bundlePrograms() {
  const specifiers = importedSpecifiers();
  runScript('build-programs.mjs', [PROGRAMS, bundle(specifiers), ...specifiers]);
}

module.exports = { inOneFile, bundlePrograms, PROGRAMS };
