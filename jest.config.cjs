/**
 * Jest runs as CommonJS: its ESM mode breaks on @fastify/static. The packages that ship ESM only are
 * therefore put through swc like our own files, and the `.js` of relative imports is dropped.
 */
const fs = require('node:fs');
const path = require('node:path');
const swc = JSON.parse(fs.readFileSync(`${__dirname}/.swcrc`, 'utf8'));
const toCommonJs = ['@swc/jest', { ...swc, swcrc: false, module: { type: 'commonjs' } }];
const toCommonJsPlain = [
  '@swc/jest',
  { swcrc: false, module: { type: 'commonjs' }, jsc: { target: 'es2023' } },
];
/**
 * Packages with hundreds of small files that also ship as one. Each test file loads all of the service, so this saves a
 * quarter of the loading. The built service, which many tests start, loads the small files.
 */
const { resolve } = require;
const swagger = { paths: [resolve('@nestjs/swagger/package.json')] };
const ofPackage = (name, file, from) => path.join(path.dirname(resolve(`${name}/package.json`, from)), file);
const inOneFile = {
  '^class-validator$': ofPackage('class-validator', 'bundles/class-validator.umd.min.js'),
  '^es-toolkit/compat$': ofPackage('es-toolkit', 'dist/browser.global.js', swagger),
  '^libphonenumber-js/min$': ofPackage('libphonenumber-js', 'bundle/libphonenumber-min.js'),
  '^rxjs(/operators)?$': ofPackage('rxjs', 'dist/bundles/rxjs.umd.min.js'),
};
const esmOnly = ['@nestjs/', 'content-disposition/', 'cookie/', 'jose/', 'uuid/'].join('|');

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  // What reads the traces of the others has a configuration of its own; scripts/test.mjs runs it when they are done.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/after-the-suite/'],
  globalSetup: '<rootDir>/test/support/global-setup.cjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.cjs',
  // A third one works while two wait.
  maxWorkers: 3,
  testSequencer: '<rootDir>/test/support/longest-first.cjs',
  // Where `rm -rf node_modules` finds it, not in the machine's temporary directory.
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  setupFiles: ['reflect-metadata'],
  moduleNameMapper: { ...inOneFile, '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '\\.ts$': toCommonJs, '\\.m?js$': toCommonJsPlain },
  transformIgnorePatterns: [
    `/node_modules/(?!\\.pnpm/|${esmOnly})`,
    `/\\.pnpm/[^/]+/node_modules/(?!${esmOnly})`,
  ],
  testTimeout: 30_000,
};
