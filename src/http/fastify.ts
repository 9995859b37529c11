import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Environment } from '../config/environment.js';
import { limitBodies } from './body-limits.js';
import { clientAddress } from './client-address.js';
import { respondToClientError } from './client-error.js';
import { parseJsonBody } from './json-body.js';
import { limitPipelining } from './pipelining.js';
import { Problem, ValidationFailed } from './problem.js';
import { refusalOf, sendProblem } from './problem.filter.js';
import { readBody } from './read-body.js';
import { measureRequests } from './request-metrics.js';
import { traceIdsOf, traceRequests } from './request-tracing.js';
import { toProblem } from './to-problem.js';
import type { Logger } from 'pino';

declare module 'fastify' {
  interface FastifyRequest {
    /** Checks the body byte for byte, before anything is built of it: signatures cover it. */
    checkBody?: (body: Buffer) => Promise<void>;
    /** Who is calling, or who says so, for the log. */
    caller?: { readonly tenant: string | null; readonly caller: string | null };
  }
}

/** Long enough for a cursor and all filters. */
const MAX_QUERY_LENGTH = 4_096;

/** How long a request can take to arrive. A slow sender must not keep a connection busy for longer. */
const ARRIVAL = {
  headersMs: 15_000,
  requestMs: 30_000,
  /** Node looks for late requests only this often, by default every 30 s. */
  checkMs: 1_000,
};

/** While the service closes, it closes idle connections at this interval. */
const IDLE_SWEEP_MS = 100;

/**
 * The Fastify adapter of the service: request ids, JSON bodies only, and problem+json also for Fastify's own errors.
 * @param patienceMs how long running requests can continue after close begins; then their connections are cut
 */
export function createAdapter(
  logger: Logger,
  { limits, trustProxy }: Pick<Environment, 'limits' | 'trustProxy'>,
  patienceMs: number,
  arrival = ARRIVAL,
): FastifyAdapter {
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    // Fastify's own log line shows the whole address, which can hold a phone number. The service logs its own line.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: limits.bodyBytes,
    trustProxy: trusted(trustProxy),
    requestTimeout: arrival.requestMs,
    http: { headersTimeout: arrival.headersMs, connectionsCheckingInterval: arrival.checkMs },
    clientErrorHandler: respondToClientError,
    genReqId: (request: IncomingMessage) =>
      acceptedRequestId(request.headers['x-request-id']) ?? randomUUID(),
    // Fastify's own response is not problem+json. The service sends its own.
    return503OnClosing: false,
    // An externalId has up to 255 characters, some of which count as two.
    routerOptions: { maxParamLength: 510 },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      sendProblem(toProblem(error), request, reply);
    },
  });
  const fastify = adapter.getInstance();
  prepare(fastify, limits);
  stopInOrder(fastify, patienceMs);
  return adapter;
}

/** Fastify itself trusts no number of proxies, because it cannot know that nobody else can reach the service. */
function trusted(proxies: Environment['trustProxy']) {
  if (typeof proxies !== 'number') return proxies ?? false;
  return (_address: string, hop: number) => hop < proxies;
}

/** Lets running requests finish, and rejects new ones that arrive on kept-alive connections. */
function stopInOrder(fastify: FastifyInstance, patienceMs: number): void {
  let isClosing = false;
  fastify.addHook('preClose', (done) => {
    isClosing = true;
    // A connection that was busy when closing began would keep the server open for as long as it is kept alive.
    const sweep = setInterval(() => fastify.server.closeIdleConnections(), IDLE_SWEEP_MS);
    // A body that never ends would keep the server open until the process is killed.
    const end = setTimeout(() => fastify.server.closeAllConnections(), patienceMs);
    fastify.server.once('close', () => {
      clearInterval(sweep);
      clearTimeout(end);
    });
    done();
  });
  fastify.addHook('onRequest', (_request, _reply, done) => {
    done(
      isClosing
        ? new Problem('SHUTTING_DOWN', 'This instance is stopping. Try again: another instance will respond.')
        : undefined,
    );
  });
}

function prepare(fastify: FastifyInstance, limits: Environment['limits']): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    'application/json',
    async (request: FastifyRequest, payload: IncomingMessage) => {
      const charset = /charset="?([^";]+)/i.exec(request.headers['content-type'] ?? '')?.[1] ?? 'utf-8';
      if (!/^utf-?8$/i.test(charset)) {
        throw new Problem('UNSUPPORTED_MEDIA_TYPE', `The charset ${charset} is not supported: send UTF-8.`);
      }
      const body = await readBody(payload, request.routeOptions.bodyLimit);
      await request.checkBody?.(body);
      return parseJsonBody(body);
    },
  );
  limitPipelining(fastify, limits.pipelined);
  measureRequests(fastify);
  traceRequests(fastify);
  limitBodies(fastify, limits.listBodyBytes);
  fastify.addHook('onRequest', (request, reply, done) => {
    // Pages of the documents set their own.
    void reply.headers({ 'X-Request-Id': request.id, 'Cache-Control': 'no-store' });
    done(queryError(request));
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        ...(reply.statusCode < 400
          ? {}
          : { ...refusalOf(request), address: clientAddress(request), ...request.caller }),
        ...traceIdsOf(request),
      },
      'request',
    );
    done();
  });
}

/** Fastify would pass a repeated parameter to a text field as "1,2", and PostgreSQL cannot store a NUL character. */
function queryError({ url, query }: FastifyRequest): Error | undefined {
  const mark = url.indexOf('?');
  if (mark !== -1 && url.length - mark > MAX_QUERY_LENGTH) {
    const message = `the query is longer than ${MAX_QUERY_LENGTH} characters`;
    return new ValidationFailed([{ field: 'query', message }]);
  }
  for (const [field, value] of Object.entries(query as Record<string, unknown>)) {
    if (Array.isArray(value))
      return new ValidationFailed([{ field, message: `${field} is set more than once` }]);
    if (typeof value === 'string' && value.includes('\0')) {
      return new ValidationFailed([{ field, message: `${field} holds a NUL character` }]);
    }
  }
  return undefined;
}

function acceptedRequestId(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && /^[A-Za-z0-9._-]{1,128}$/.test(value) ? value : undefined;
}
