import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { countRefusal } from './limit-metrics.js';
import { problemJson } from './problem.filter.js';
import { Problem, PROBLEMS, ValidationFailed } from './problem.js';

/**
 * Responds where no request came into being: headers too long, a request that never ends, bytes that are not HTTP.
 * Fastify has no reply object for these, so this writes to the socket. The connection cannot be used afterwards.
 */
export function respondToClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const problem = problemOf(error);
  countRefusal(problem);
  if (socket.writable) socket.write(responseText(problem));
  socket.destroy(error);
}

function problemOf({ code }: NodeJS.ErrnoException): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('HEADERS_TOO_LARGE', 'Address and headers together can have at most 16 KB.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('REQUEST_TIMEOUT', 'The request was not complete in time.');
    default:
      return new ValidationFailed([{ field: 'request', message: 'the request is not HTTP/1.1' }]);
  }
}

function responseText(problem: Problem): string {
  const [status] = PROBLEMS[problem.code];
  const requestId = randomUUID();
  // Node does not say which path was requested.
  const body = problemJson(problem, '/', requestId);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
