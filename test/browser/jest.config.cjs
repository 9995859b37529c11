/** Tests in a real browser. One worker is the process of Jest itself, so a browser left open must not keep it running. */
const config = require('../../jest.config.cjs');

/** @type {import('jest').Config} */
module.exports = {
  ...config,
  rootDir: '../..',
  testMatch: ['**/*.browser.ts'],
  maxWorkers: 1,
  forceExit: true,
};
