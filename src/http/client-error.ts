import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_TYPE, problemText } from './problem-filter.js';
import { PROBLEMS, ValidationFailed } from './problem.js';

const MESSAGES: Record<string, string> = {
  HPE_HEADER_OVERFLOW: 'the address and the headers are longer than 16 kB together',
  ERR_HTTP_REQUEST_TIMEOUT: 'the request did not arrive in time',
};

/**
 * Answers what Node could not read as a request, such as a header with a control character or an address of 20 kB:
 * no route and no filter ever sees it. Where it was sent to is not known.
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code !== 'ECONNRESET' && socket.writable) {
    const message = MESSAGES[error.code ?? ''] ?? 'this is not a request of HTTP/1.1';
    const problem = new ValidationFailed([{ field: 'request', message }]);
    const requestId = randomUUID();
    const body = problemText(problem, '/', requestId);
    const [status] = PROBLEMS[problem.code];
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `Content-Type: ${PROBLEM_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      'Connection: close',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroy(error);
}
