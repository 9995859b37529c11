import { Counter } from 'prom-client';

const EXPIRATIONS = new Counter({
  name: 'inbox_grace_expirations_total',
  help: 'Conversations that were queued again because their grace period ended.',
});

/** For `afterCommit`, which expects a promise. */
export function countExpirations(conversations: number): Promise<void> {
  EXPIRATIONS.inc(conversations);
  return Promise.resolve();
}
