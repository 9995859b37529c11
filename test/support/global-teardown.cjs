// Jest calls this when all spec files are done.
module.exports = () => globalThis.stopTestDatabase();
