import { Counter } from 'prom-client';

const OUTCOMES = ['delivered', 'retried', 'failed'] as const;
const LOOKUPS = ['resolved', 'failed', 'remembered', 'gave_up'] as const;

const ATTEMPTS = new Counter({
  name: 'inbox_webhook_attempts_total',
  help: 'Tries to deliver by outcome: delivered, retried later, or failed.',
  labelNames: ['outcome'],
});

const NAME_LOOKUPS = new Counter({
  name: 'inbox_webhook_name_lookups_total',
  help: 'Lookups of webhook names by outcome: resolved, failed, remembered failure, or gave_up waiting for other lookups.',
  labelNames: ['outcome'],
});

const HELD_BACK = new Counter({
  name: 'inbox_webhook_turns_held_back_total',
  help: 'How often a webhook with work waited from one search to the next, because its tenant or the instance had no turn left.',
});

for (const outcome of OUTCOMES) ATTEMPTS.inc({ outcome }, 0);
for (const outcome of LOOKUPS) NAME_LOOKUPS.inc({ outcome }, 0);

export function countAttempt(outcome: (typeof OUTCOMES)[number]): void {
  ATTEMPTS.inc({ outcome });
}

export function countLookup(outcome: (typeof LOOKUPS)[number]): void {
  NAME_LOOKUPS.inc({ outcome });
}

export function countHeldBack(webhooks: number): void {
  HELD_BACK.inc(webhooks);
}
