// Sends requests without a pause, in a process of its own: each connection sends the next one when it has a response,
// and a new connection takes the place of one that was closed.
import { connect } from 'node:net';

process.on('message', ({ url, requests, connections }) => {
  const { hostname, port } = new URL(url);
  /** @type {Record<string, number>} */
  const counts = {};
  let sent = 0;
  const open = () => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const send = () => socket.write(requests[sent++ % requests.length]);
    socket.on('connect', send);
    socket.on('data', (bytes) => {
      const status = bytes.toString('latin1', 9, 12);
      counts[status] = (counts[status] ?? 0) + 1;
      send();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => setImmediate(open));
  };
  for (let i = 0; i < connections; i++) open();
  setInterval(() => process.send(counts), 100);
});
process.on('disconnect', () => process.exit());
