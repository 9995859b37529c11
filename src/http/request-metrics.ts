import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Gauge, Histogram } from 'prom-client';

const DURATION = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Time from the first byte of a request to the last one of its answer; of a stream, to its first.',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
});

const IN_FLIGHT = new Gauge({
  name: 'http_requests_in_flight',
  help: 'Requests that have no answer yet.',
});

/** One label for all addresses that no route answers: there are as many as somebody likes to try. */
const NO_ROUTE = 'none';
/** Whoever asked was gone before the answer. Not a status of HTTP; nginx logs the same. */
const CLIENT_CLOSED = 499;

/** What is done when it is known how they are answered. */
const UNANSWERED = new WeakMap<ServerResponse, (status: number) => void>();

/** For an answer that goes on for long: its beginning is what somebody waited for. */
export function responseHasBegun(response: ServerResponse): void {
  UNANSWERED.get(response)?.(response.statusCode);
}

/** Counts and times every request by the pattern of its route. */
export function measureRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    IN_FLIGHT.inc();
    const { raw } = reply;
    UNANSWERED.set(raw, (status) => {
      UNANSWERED.delete(raw);
      IN_FLIGHT.dec();
      const labels = { method: request.method, route: routeOf(request), status };
      DURATION.observe(labels, reply.elapsedTime / 1_000);
    });
    // Comes once for each answer, also where the connection broke and no `finish` or hook of Fastify would tell.
    raw.once('close', () => UNANSWERED.get(raw)?.(raw.writableFinished ? reply.statusCode : CLIENT_CLOSED));
    done();
  });
}

function routeOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.url ?? NO_ROUTE;
}
