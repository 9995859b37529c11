import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemJson } from './problem.filter.js';
import { Problem, PROBLEMS, ValidationFailed } from './problem.js';

/**
 * Answers what never became a request: headers without end, a request that does not come to its end, what is no HTTP.
 * There is nobody else to do it; afterwards the connection is of no use.
 */
export function respondToClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(answer(problemOf(error)));
  socket.destroy(error);
}

function problemOf({ code }: NodeJS.ErrnoException): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('HEADERS_TOO_LARGE', 'Address and headers together may have 16 KB.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('REQUEST_TIMEOUT', 'The request did not come to its end in time.');
    default:
      return new ValidationFailed([{ field: 'request', message: 'the request is not HTTP/1.1' }]);
  }
}

function answer(problem: Problem): string {
  const [status] = PROBLEMS[problem.code];
  const requestId = randomUUID();
  // How far the address was read is not known.
  const body = problemJson(problem, '/', requestId);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
