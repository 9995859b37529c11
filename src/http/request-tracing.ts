import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RequestSpan, TraceIds } from '../tracing/trace.js';
import { onceOver } from './once-over.js';
import { tracing } from '../tracing/tracing.js';

const SPANS = new WeakMap<FastifyRequest, RequestSpan>();

/** Starts a span for each request. Without tracing this has no effect. */
export function traceRequests(fastify: FastifyInstance): void {
  const running = tracing();
  if (running === null) return;
  fastify.addHook('onRequest', (request, reply, done) => {
    const span = running.request(request.method, request.routeOptions.url, request.headers);
    SPANS.set(request, span);
    onceOver(request.raw.socket, reply.raw, () => span.end(reply.statusCode));
    done();
  });
  // Twice, because the body arrives outside of the context in which the request began: for what is done before it is
  // read, and for what is done with it.
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    const span = SPANS.get(request);
    if (span === undefined) done(null, payload);
    else span.run(() => done(null, payload));
  });
  fastify.addHook('preValidation', (request, _reply, done) => {
    const span = SPANS.get(request);
    if (span === undefined) done();
    else span.run(done);
  });
}

/** For log lines about a request that are written outside of its span. */
export function traceIdsOf(request: FastifyRequest): TraceIds | undefined {
  return SPANS.get(request)?.ids;
}
