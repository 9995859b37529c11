import { Counter } from 'prom-client';

const OUTCOMES = ['delivered', 'retried', 'failed'] as const;

const ATTEMPTS = new Counter({
  name: 'inbox_webhook_attempts_total',
  help: 'Tries to deliver by outcome: delivered, retried later, or failed.',
  labelNames: ['outcome'],
});

for (const outcome of OUTCOMES) ATTEMPTS.inc({ outcome }, 0);

export function countAttempt(outcome: (typeof OUTCOMES)[number]): void {
  ATTEMPTS.inc({ outcome });
}
