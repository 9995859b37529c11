import { Counter } from 'prom-client';
import type { Problem, ProblemCode } from './problem.js';

/** The limits of a request, and what ends a connection. */
const LIMITS = ['body size', 'body shape', 'headers', 'time', 'pipelining'] as const;

const REACHED = new Counter({
  name: 'http_limits_reached_total',
  help: 'Requests that were refused and connections that were closed because of a limit: body size, body shape, headers, time, or pipelining.',
  labelNames: ['limit'],
});
for (const limit of LIMITS) REACHED.inc({ limit }, 0);

const LIMIT_OF: Partial<Record<ProblemCode, (typeof LIMITS)[number]>> = {
  PAYLOAD_TOO_LARGE: 'body size',
  HEADERS_TOO_LARGE: 'headers',
  REQUEST_TIMEOUT: 'time',
};

export function countLimit(limit: (typeof LIMITS)[number]): void {
  REACHED.inc({ limit });
}

/** Counts a problem that says by its code which limit was reached. */
export function countRefusal({ code }: Problem): void {
  const limit = LIMIT_OF[code];
  if (limit !== undefined) countLimit(limit);
}
