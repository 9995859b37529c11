// Sends many requests at the same moment, each on a connection of its own, in a process of its own: the test measures
// what others feel, and would feel its own flood otherwise.
import { once } from 'node:events';
import { connect } from 'node:net';

const TOGETHER = 200;

process.on('message', async ({ url, requests }) => {
  const { hostname, port } = new URL(url);
  const sockets = [];
  for (let opened = 0; opened < requests.length; opened += TOGETHER) {
    const some = Array.from({ length: Math.min(TOGETHER, requests.length - opened) }, () =>
      connect({ host: hostname, port: Number(port), noDelay: true }),
    );
    await Promise.all(some.map((socket) => once(socket, 'connect')));
    sockets.push(...some);
  }
  const begun = performance.now();
  process.send('sent');
  const statuses = await Promise.all(sockets.map((socket, i) => statusOf(socket, requests[i])));
  const milliseconds = performance.now() - begun;
  /** @type {Record<string, number>} */
  const counts = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  process.send({ counts, milliseconds });
});
process.on('disconnect', () => process.exit());

/** The status of the response; 0 when the connection is closed without one. Streams stay open. */
function statusOf(socket, text) {
  return new Promise((resolve) => {
    socket.on('data', (bytes) => resolve(Number(bytes.toString('latin1', 9, 12))));
    socket.on('error', () => resolve(0));
    socket.on('close', () => resolve(0));
    socket.write(text);
  });
}
