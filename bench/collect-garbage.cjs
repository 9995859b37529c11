// Loaded into the service when its memory is measured. It collects garbage on request, so that the measurement does not
// depend on the time of V8's last collection.
process.on('message', () => globalThis.gc());
