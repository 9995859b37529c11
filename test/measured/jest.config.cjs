/**
 * Tests that bound time and memory. One after the other: beside others they would measure those too. One worker is the
 * process of Jest itself, so what a failed test leaves open must not keep it running.
 */
const config = require('../../jest.config.cjs');

/** @type {import('jest').Config} */
module.exports = {
  ...config,
  rootDir: '../..',
  testMatch: ['**/*.measured.ts'],
  // What is measured is what runs in production (built-program.ts).
  globals: { startsFromDist: true },
  maxWorkers: 1,
  forceExit: true,
};
