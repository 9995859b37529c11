// Bundles each built program into one file, `dist/src/main.js` into `main.cjs` and so on, because loading them from their
// 2,000 files takes a second of processor time, and the tests start some hundred. Arguments: the directory to write to,
// then the directory of the packages' bundle, which the programs share, and the specifiers in it.
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { keepPlaces } from './keep-places.mjs';

const [directory = '', packages = '', ...specifiers] = process.argv.slice(2);
const BUILT = path.resolve('dist/src');

/** Loads the packages as the environment of the tests does, but into this process. */
const LOAD_PACKAGES = `globalThis.loadPackages = (module) => {
  module.exports = require(${JSON.stringify(path.join(packages, 'packages.cjs'))});
};`;

/** What a test file imports from the bundle, a program takes from there too. */
const fromBundle = {
  name: 'from-bundle',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path: name }) => {
      const i = specifiers.indexOf(name);
      return { path: i < 0 ? name : path.join(packages, `${i}.cjs`), external: true };
    });
  },
};

const temporary = `${directory}-${process.pid}`;
await build({
  entryPoints: ['main.js', 'database/migrate.js', 'demo/load-demo-data.js', 'verification/verify.js'].map(
    (file) => path.join(BUILT, file),
  ),
  outdir: temporary,
  outbase: BUILT,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  supported: { 'dynamic-import': false },
  keepNames: true,
  banner: { js: LOAD_PACKAGES },
  plugins: [keepPlaces, fromBundle],
  logLevel: 'error',
});
fs.rmSync(directory, { recursive: true, force: true });
fs.renameSync(temporary, directory);
