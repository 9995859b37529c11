import { Counter } from 'prom-client';

const OVERDUE = new Counter({
  name: 'inbox_waits_overdue_total',
  help: 'Waits that became longer than the target of their inbox.',
});

/** For `afterCommit`, which expects a promise. */
export function countOverdue(count: number): Promise<void> {
  OVERDUE.inc(count);
  return Promise.resolve();
}
