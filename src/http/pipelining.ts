import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { clientAddress } from './client-address.js';
import { countLimit } from './limit-metrics.js';
import { onceOver } from './once-over.js';

/**
 * Closes a connection that has more than `most` requests without a response. A client can put thousands of requests into
 * one packet, and Node passes all of them on at once; their responses wait in memory until the client reads. No response
 * says why, because it would have to come after all the others.
 */
export function limitPipelining(fastify: FastifyInstance, most: number): void {
  const unanswered = new WeakMap<Socket, number>();
  const count = (socket: Socket, change: number) => {
    const now = (unanswered.get(socket) ?? 0) + change;
    unanswered.set(socket, now);
    return now;
  };
  fastify.addHook('onRequest', (request, reply, done) => {
    const { socket } = request.raw;
    if (socket.destroyed || count(socket, 1) > most) {
      if (!socket.destroyed) {
        countLimit('pipelining');
        const fields = { address: clientAddress(request), limit: most };
        request.log.warn(fields, 'closed a connection with too many requests without a response');
        socket.destroy();
      }
      reply.hijack();
      return;
    }
    onceOver(socket, reply.raw, () => count(socket, -1));
    done();
  });
  dropAfterClose(fastify);
}

/** Node still passes on what came in the same packet. Fastify would route each of these requests and prepare its log. */
function dropAfterClose({ server }: FastifyInstance): void {
  const handlers = server.listeners('request') as ((
    request: IncomingMessage,
    response: ServerResponse,
  ) => void)[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.socket.destroyed) return;
    for (const handle of handlers) handle.call(server, request, response);
  });
}
