import { once } from 'node:events';
import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { onceOver } from './once-over.js';
import { recordStreamStart } from './request-metrics.js';

/** A client that reads nothing for so long is cut off. */
const PATIENCE_MS = 30_000;

/**
 * Sends a long response piece by piece, as fast as the client reads, and resolves when it is over. An error before the
 * first piece is thrown and has a proper response. After it the status has been sent, so the connection is destroyed,
 * and the client sees that the response is incomplete. When the client leaves, no further piece is made.
 * @param pieces of some ten KB each
 */
export async function streamRows(
  request: FastifyRequest,
  reply: FastifyReply,
  headers: Readonly<Record<string, string>>,
  pieces: AsyncGenerator<string>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  try {
    const first = await pieces.next();
    if (request.method === 'HEAD') {
      void reply.headers(headers).send();
      return;
    }
    // Fastify does not handle the response from here on, so its headers are sent with ours.
    reply.hijack();
    const response = reply.raw;
    if (request.socket.destroyed) return;
    for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...headers })) {
      if (value !== undefined) response.setHeader(name, value);
    }
    response.writeHead(200);
    recordStreamStart(response);
    await send(request, reply, first, pieces, patienceMs);
  } finally {
    await pieces.return(undefined);
  }
}

async function send(
  request: FastifyRequest,
  { raw: response }: FastifyReply,
  first: IteratorResult<string>,
  rest: AsyncGenerator<string>,
  patienceMs: number,
): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  // Also calls back for a response that waits behind others on its connection.
  onceOver(request.socket, response, () => over.abort());
  const watch = watchReader(request, patienceMs);
  try {
    for (let piece = first; piece.done !== true && !signal.aborted; piece = await rest.next()) {
      if (!response.write(piece.value)) await once(response, 'drain', { signal });
    }
    response.end();
    if (!signal.aborted) await once(response, 'finish', { signal });
  } catch (error) {
    response.destroy();
    if (!signal.aborted) {
      new Logger('http').error({ err: error, requestId: request.id }, 'a response ended before its time');
    }
  } finally {
    clearInterval(watch);
  }
}

/** Cuts the connection off when what waits to be sent stays the same. */
function watchReader({ socket }: FastifyRequest, patienceMs: number): NodeJS.Timeout {
  let before = '';
  return setInterval(() => {
    const now = `${socket.bytesWritten} ${socket.writableLength}`;
    if (socket.writableLength > 0 && now === before) socket.destroy();
    before = now;
  }, patienceMs);
}
