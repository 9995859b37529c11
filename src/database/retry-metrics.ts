import { Counter } from 'prom-client';

const RETRIES = new Counter({
  name: 'inbox_transaction_retries_total',
  help: 'Transactions that were retried, by reason: deadlock, serialization or connection.',
  labelNames: ['reason'],
});

const REASONS: Record<string, string> = { '40P01': 'deadlock', '40001': 'serialization' };

for (const reason of [...Object.values(REASONS), 'connection']) RETRIES.inc({ reason }, 0);

/** @param sqlState the error that caused the retry */
export function countRetry(sqlState: string): void {
  RETRIES.inc({ reason: REASONS[sqlState] ?? 'connection' });
}
