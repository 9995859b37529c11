// @ts-check
// A TCP proxy before PostgreSQL that sees which statements the service runs, and which tenants they name.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Kinds of messages: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const KINDS = { bind: 'B', parse: 'P', query: 'Q' };

/**
 * @param {string} url of the database
 * @param {(statement: string, ids: readonly string[]) => void} onStatement hears of each that is run, and which ids it
 * names in its text and its parameters
 * @returns {Promise<{ url: string, close: () => void }>}
 */
export async function watchStatements(url, onStatement) {
  const { hostname, port } = new URL(url);
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const server = createServer((client) => {
    const upstream = connect({ host: hostname, port: Number(port || 5432), noDelay: true });
    const read = reader(onStatement);
    client.on('data', (chunk) => read(/** @type {Buffer} */ (chunk)));
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
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * Takes the messages of a connection apart. The first has no kind.
 * @param {(statement: string, ids: readonly string[]) => void} onStatement
 */
function reader(onStatement) {
  /** @type {Map<string, string>} */
  const prepared = new Map();
  let pending = Buffer.alloc(0);
  let isFirst = true;
  return (/** @type {Buffer} */ chunk) => {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      const head = isFirst ? 0 : 1;
      if (pending.length < head + 4) return;
      const length = head + pending.readInt32BE(head);
      if (pending.length < length) return;
      const kind = isFirst ? '' : String.fromCharCode(pending[0] ?? 0);
      const text = pending.toString('latin1', head + 4, length);
      pending = pending.subarray(length);
      isFirst = false;
      const [first = '', second = ''] = text.split('\0', 2);
      if (kind === KINDS.parse) prepared.set(first, second);
      const statement =
        kind === KINDS.query ? first : kind === KINDS.bind ? (prepared.get(second) ?? '') : null;
      if (statement === null) continue;
      onStatement(
        statement,
        [...`${statement} ${text}`.matchAll(UUID)].map(([id]) => id),
      );
    }
  };
}
