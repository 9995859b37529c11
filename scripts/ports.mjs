import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** @returns {Promise<number>} a port of 127.0.0.1 that was free a moment ago */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/**
 * Whether the port is free. Waits a moment for a server that is ending.
 * @param {string} host
 * @param {number} port
 */
export async function isPortFree(host, port) {
  for (const deadline = Date.now() + 2000; ; await pause(100)) {
    const code = await tryToListen(host, port);
    if (code !== 'EADDRINUSE') return true;
    if (Date.now() > deadline) return false;
  }
}

/** @param {string} host @param {number} port @returns {Promise<string | undefined>} the error's code */
function tryToListen(host, port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => resolve(error.code));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
