import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { countRefusal } from './limit-metrics.js';
import { PROBLEMS, problemType, RateLimited, type Problem, type ProblemCode } from './problem.js';
import { toProblem } from './to-problem.js';

/** Seconds after which a retry is useful. */
const RETRY_AFTER_SECONDS = 1;

/** Turns every error into a problem of RFC 9457. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const problem = toProblem(error);
    if (problem.code === 'INTERNAL' && !(error instanceof HttpException)) {
      this.logger.error({ err: error, requestId: http.getRequest<FastifyRequest>().id }, 'unexpected error');
    }
    sendProblem(problem, http.getRequest(), http.getResponse());
  }
}

interface Refusal {
  readonly code: ProblemCode;
  readonly reason?: string;
}

const REFUSALS = new WeakMap<FastifyRequest, Refusal>();

/** Each line says why, for a person who asks who was kept out; often the code is all there is to say. */
function refusalBy({ code, reason }: Problem): Refusal {
  if (reason !== null) return { code, reason };
  const [status] = PROBLEMS[code];
  return status === 403 || status === 429
    ? { code, reason: code.toLowerCase().replaceAll('_', ' ') }
    : { code };
}

/** Why a request was refused; undefined when it was not. */
export function refusalOf(request: FastifyRequest): Refusal | undefined {
  return REFUSALS.get(request);
}

export function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): void {
  REFUSALS.set(request, refusalBy(problem));
  // A client who has left has not reached a limit.
  if (!request.raw.socket.destroyed) countRefusal(problem);
  const [status] = PROBLEMS[problem.code];
  // A body of unknown length that nobody wants any more would occupy the connection until its time is over.
  if (!request.raw.complete && request.headers['transfer-encoding'] !== undefined) {
    void reply.header('Connection', 'close');
  }
  if (status === 503 || status === 429) void reply.header('Retry-After', String(RETRY_AFTER_SECONDS));
  if (problem instanceof RateLimited) void reply.header('Retry-After', String(problem.retryAfterSeconds));
  if (status === 401) void reply.header('WWW-Authenticate', 'Bearer');
  void reply
    .status(status)
    .header('X-Request-Id', request.id)
    .header('Cache-Control', 'no-store')
    .type('application/problem+json; charset=utf-8')
    // Send text, because the serializer of the route's normal response must not change it.
    // Without the query, which may hold a customer's phone number.
    .send(problemJson(problem, request.url.split('?', 1)[0] ?? '', request.id));
}

/** @param instance the path of the request */
export function problemJson(problem: Problem, instance: string, requestId: string): string {
  const [status, title] = PROBLEMS[problem.code];
  return JSON.stringify({
    type: problemType(problem.code),
    title,
    status,
    detail: problem.detail,
    code: problem.code,
    instance,
    requestId,
    ...problem.members,
  });
}
