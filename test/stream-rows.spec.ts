import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { streamRows } from '../src/http/stream-rows.js';
import { until } from './support/until.js';

const PIECE = 'x'.repeat(32 * 1024);
/** More than the operating systems take for a client that reads nothing. */
const PIECES = 2_000;

let server: FastifyInstance;
let url: string;
let made: number;
let isOver: boolean;
/** After this many pieces the source fails. */
let failsAfter: number;
beforeEach(async () => {
  made = 0;
  isOver = false;
  failsAfter = Infinity;
  server = fastify({ forceCloseConnections: true });
  server.get('/', async (request, reply) => {
    await streamRows(request, reply, { 'Content-Type': 'text/plain' }, pieces(), 100);
    isOver = true;
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
});
afterEach(() => server.close());

async function* pieces(): AsyncGenerator<string> {
  for (; made < PIECES; made++) {
    if (made === failsAfter) throw new Error('the source failed');
    // The next piece comes from elsewhere, as from a database.
    await new Promise(setImmediate);
    yield PIECE;
  }
}

/** A client that asks and never reads. */
async function deaf() {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).pause();
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
  return socket;
}

it('sends all of it', async () => {
  const response = await fetch(url);
  expect([response.status, (await response.text()).length]).toEqual([200, PIECES * PIECE.length]);
  await until(() => isOver);
});

it('has a proper response when the first piece fails', async () => {
  failsAfter = 0;
  const response = await fetch(url);
  expect(response.status).toBe(500);
});

it('destroys the connection when a later piece fails', async () => {
  failsAfter = 20;
  const response = await fetch(url);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow('terminated');
  await until(() => isOver);
});

it('makes no more than a client reads, and cuts off one that reads nothing', async () => {
  const socket = await deaf();
  await until(() => isOver);
  expect(made).toBeGreaterThan(1);
  expect(made).toBeLessThan(PIECES / 2);
  socket.destroy();
});

it('asks for no further piece when the client has left', async () => {
  const leaving = new AbortController();
  const response = await fetch(url, { signal: leaving.signal });
  leaving.abort();
  await expect(response.text()).rejects.toThrow('aborted');
  await until(() => isOver);
  expect(made).toBeLessThan(PIECES);
});

it('ends also behind another request whose connection is lost', async () => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).pause();
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n'.repeat(2));
  await until(() => made > 1);
  let isOpen = true;
  socket.once('close', () => (isOpen = false));
  socket.destroy();
  await until(() => !isOpen && isOver);
});
