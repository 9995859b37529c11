/** Tests that bound time and memory. One after the other: beside others they would measure those too. */
const config = require('../../jest.config.cjs');

/** @type {import('jest').Config} */
module.exports = { ...config, rootDir: '../..', testMatch: ['**/*.measured.ts'], maxWorkers: 1 };
