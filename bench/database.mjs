// @ts-check
// The bench's own connections. Ctrl-C ends them.
import pg from 'pg';

/** @typedef {pg.Client} Client */

/**
 * @template T
 * @param {string} url
 * @param {AbortSignal} stop
 * @param {(client: pg.Client) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withClient(url, stop, work) {
  const client = await connect(url, stop);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Connects as the owner. Ctrl-C cuts the connection, even while a statement runs.
 * @param {string} url
 * @param {AbortSignal} stop
 * @param {pg.ClientConfig} [more]
 */
export async function connect(url, stop, more = {}) {
  stop.throwIfAborted();
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, ...more });
  client.on('error', () => {});
  const cut = () => {
    /** @type {any} */ (client).connection.stream.destroy();
  };
  stop.addEventListener('abort', cut);
  client.once('end', () => stop.removeEventListener('abort', cut));
  await client.connect();
  return client;
}

/**
 * Runs a query that must return one row.
 * @param {pg.Client} client @param {string} text @param {unknown[]} [values]
 * @returns {Promise<Record<string, any>>}
 */
export async function one(client, text, values) {
  const { rows } = await client.query(text, values);
  if (rows.length !== 1) throw new Error(`one row was expected, not ${rows.length}: ${text}`);
  return rows[0];
}

/** @param {string} url @param {string} name */
export function withDatabase(url, name) {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}
