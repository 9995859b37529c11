import { Counter } from 'prom-client';

const EXPIRATIONS = new Counter({
  name: 'inbox_grace_expirations_total',
  help: 'Conversations that went back into the queue because their holder stayed away.',
});

/** To be called by `afterCommit`, which wants a promise. */
export function countExpirations(conversations: number): Promise<void> {
  EXPIRATIONS.inc(conversations);
  return Promise.resolve();
}
