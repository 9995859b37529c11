// Bundles packages into one file and writes a module for each specifier, `0.cjs`, `1.cjs` and so on, which takes it from
// there. Arguments: the directory to create, then the specifiers.
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { keepPlaces } from './keep-places.mjs';

const [directory = '', ...specifiers] = process.argv.slice(2);

/** Packages import optional ones in the hope that they are missing. */
const leaveOutMissing = {
  name: 'leave-out-missing',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^.]/ }, async ({ path: name, pluginData, ...options }) => {
      if (pluginData === leaveOutMissing) return undefined;
      const found = await resolve(name, { ...options, pluginData: leaveOutMissing });
      return found.errors.length > 0 ? { path: name, external: true } : found;
    });
  },
};

// The first one to be imported loads only what it needs.
const getters = specifiers.map((each) => {
  const name = JSON.stringify(each);
  return `get ${name}() { return require(${name}); },`;
});

const temporary = `${directory}-${process.pid}`;
fs.mkdirSync(temporary, { recursive: true });
const { metafile } = await build({
  stdin: { contents: `module.exports = { ${getters.join('\n')} };`, resolveDir: process.cwd() },
  outfile: path.join(temporary, 'packages.cjs'),
  bundle: true,
  metafile: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // Jest has no dynamic import.
  supported: { 'dynamic-import': false },
  // Nest and TypeORM take names from classes.
  keepNames: true,
  external: ['reflect-metadata'],
  plugins: [keepPlaces, leaveOutMissing],
  legalComments: 'none',
  logLevel: 'error',
});
for (const [i, specifier] of specifiers.entries()) {
  const text = `module.exports = require('./all.cjs')[${JSON.stringify(specifier)}];\n`;
  fs.writeFileSync(path.join(temporary, `${i}.cjs`), text);
}
// test/packages.spec.ts checks that none of these is loaded a second time.
const files = Object.keys(metafile.inputs).map((file) => path.resolve(file));
fs.writeFileSync(path.join(temporary, 'files.json'), JSON.stringify(files));
// See environment.cjs.
fs.writeFileSync(path.join(temporary, 'all.cjs'), 'loadPackages(module, require);\n');
try {
  fs.renameSync(temporary, directory);
} catch (error) {
  // Another run was faster.
  if (!fs.existsSync(directory)) throw error;
  fs.rmSync(temporary, { recursive: true });
}
