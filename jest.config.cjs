/**
 * Jest runs as CommonJS: its ESM mode breaks on @fastify/static. The packages that ship ESM only are
 * therefore put through swc like our own files, and the `.js` of relative imports is dropped.
 */
const fs = require('node:fs');
const { inOneFile } = require('./test/support/packages/packages.cjs');
const swc = JSON.parse(fs.readFileSync(`${__dirname}/.swcrc`, 'utf8'));
const toCommonJs = ['@swc/jest', { ...swc, swcrc: false, module: { type: 'commonjs' } }];
const toCommonJsPlain = [
  '@swc/jest',
  { swcrc: false, module: { type: 'commonjs' }, jsc: { target: 'es2023' } },
];
const packages = inOneFile();
const esmOnly = ['@nestjs/', 'content-disposition/', 'cookie/', 'jose/', 'uuid/'].join('|');

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: '<rootDir>/test/support/packages/environment.cjs',
  testEnvironmentOptions: { bundle: packages.bundle },
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
  moduleNameMapper: { ...packages.moduleNameMapper, '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '\\.ts$': toCommonJs, '\\.m?js$': toCommonJsPlain },
  transformIgnorePatterns: [
    `/node_modules/(?!\\.pnpm/|${esmOnly})`,
    `/\\.pnpm/[^/]+/node_modules/(?!${esmOnly})`,
  ],
  testTimeout: 30_000,
};
