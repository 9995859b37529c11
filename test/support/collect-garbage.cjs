// Loaded into a service under test: it collects garbage on request, so that a test measures what is really kept.
process.on('SIGWINCH', () => globalThis.gc());
