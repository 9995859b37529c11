// Loaded into the service by the measurement of its memory: when it is told to, it throws away what nobody needs any more,
// so that what is left is compared, and not how long ago V8 last did.
process.on('message', () => globalThis.gc());
