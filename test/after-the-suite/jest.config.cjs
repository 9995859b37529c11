/** For what reads the traces of a whole run: it needs no database. */
const { globalSetup: _setup, globalTeardown: _teardown, ...config } = require('../../jest.config.cjs');

/** @type {import('jest').Config} */
module.exports = {
  ...config,
  rootDir: '../..',
  roots: ['<rootDir>/test/after-the-suite'],
  testPathIgnorePatterns: ['/node_modules/'],
};
