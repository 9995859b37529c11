// @ts-check
// A TCP proxy before PostgreSQL that counts in which messages of the service a tenant is named.
import { connect, createServer } from 'node:net';
import { once } from 'node:events';

/** As a parameter in text, or in a statement. */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const UUID_LENGTH = 36;

/**
 * @param {string} url of the database
 * @param {ReadonlySet<string>} ids to look for
 * @returns {Promise<{ url: string, counts: Map<string, number>, close: () => void }>} how often each was named
 */
export async function countingProxy(url, ids) {
  const { hostname, port } = new URL(url);
  /** @type {Map<string, number>} */
  const counts = new Map();
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const server = createServer((client) => {
    const upstream = connect({ host: hostname, port: Number(port || 5432), noDelay: true });
    let rest = '';
    client.on('data', (chunk) => {
      // An id may be parted between two chunks.
      const text = rest + /** @type {Buffer} */ (chunk).toString('latin1');
      for (const [id] of text.matchAll(UUID)) if (ids.has(id)) counts.set(id, (counts.get(id) ?? 0) + 1);
      const last = [...text.matchAll(UUID)].at(-1);
      const from = last === undefined ? 0 : last.index + UUID_LENGTH;
      rest = text.slice(Math.max(from, text.length - UUID_LENGTH + 1));
    });
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(address.port);
  return {
    url: through.href,
    counts,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
