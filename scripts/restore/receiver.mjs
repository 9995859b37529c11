// @ts-check
import { createServer } from 'node:http';

/**
 * @typedef {object} Receiver
 * @property {string} url
 * @property {string[]} heard ids of the accepted events, in order
 * @property {(takes: boolean) => void} set whether it accepts events
 * @property {() => void} stop
 */

/** A receiver of webhooks. @returns {Promise<Receiver>} */
export async function startReceiver() {
  /** @type {string[]} */
  const heard = [];
  let takes = true;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      if (takes) heard.push(JSON.parse(body).data.id);
      response.writeHead(takes ? 204 : 503).end();
    });
  });
  await new Promise((/** @type {(value: void) => void} */ resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}/`,
    heard,
    set: (value) => (takes = value),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
