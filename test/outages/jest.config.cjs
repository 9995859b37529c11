/** Tests in which instances, connections and servers end, are cut or fall silent. Much of their time is waiting. */
const config = require('../../jest.config.cjs');

/** @type {import('jest').Config} */
module.exports = { ...config, rootDir: '../..', testMatch: ['**/*.outage.ts'] };
