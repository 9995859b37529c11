import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Gauge, Histogram } from 'prom-client';
import { onceOver } from './once-over.js';

const DURATION = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Time from the first byte of a request to the last byte of its response; for a stream, to the first byte of its response.',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
});

const IN_FLIGHT = new Gauge({
  name: 'http_requests_in_flight',
  help: 'Requests without a complete response.',
});

/** One label for all unknown addresses. Clients can invent any number of them. */
const NO_ROUTE = 'none';
/** The client closed the connection before the response. This is not an HTTP status; nginx logs the same number. */
const CLIENT_CLOSED = 499;

/** Called once for each response, with its final status. */
const OPEN_RESPONSES = new WeakMap<ServerResponse, (status: number) => void>();

/** Records a stream when its response begins, because its duration says nothing about speed. */
export function recordStreamStart(response: ServerResponse): void {
  OPEN_RESPONSES.get(response)?.(response.statusCode);
}

/** Counts and times every request by the pattern of its route. */
export function measureRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    IN_FLIGHT.inc();
    const { raw } = reply;
    OPEN_RESPONSES.set(raw, (status) => {
      OPEN_RESPONSES.delete(raw);
      IN_FLIGHT.dec();
      const labels = { method: request.method, route: routeOf(request), status };
      DURATION.observe(labels, reply.elapsedTime / 1_000);
    });
    onceOver(request.raw.socket, raw, () =>
      OPEN_RESPONSES.get(raw)?.(raw.writableFinished ? reply.statusCode : CLIENT_CLOSED),
    );
    done();
  });
}

function routeOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.url ?? NO_ROUTE;
}
