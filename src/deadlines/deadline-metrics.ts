import { Counter } from 'prom-client';
import { DEADLINE_KINDS, type DeadlineKind } from './deadline.js';

const EXPIRED = new Counter({
  name: 'inbox_deadlines_expired_total',
  help: 'Deadlines that ended because they were due, by kind.',
  labelNames: ['kind'],
});
// Without a first value, Prometheus would miss the first increase.
for (const kind of DEADLINE_KINDS) EXPIRED.inc({ kind }, 0);

/** For `afterCommit`, which expects a promise. */
export function countExpired(kind: DeadlineKind, count: number): Promise<void> {
  EXPIRED.inc({ kind }, count);
  return Promise.resolve();
}
