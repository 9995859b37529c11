import { Counter } from 'prom-client';

const RETRIES = new Counter({
  name: 'inbox_transaction_retries_total',
  help: 'Transactions that ran once more, by what had ended them: deadlock, serialization or connection.',
  labelNames: ['reason'],
});

const REASONS: Record<string, string> = { '40P01': 'deadlock', '40001': 'serialization' };

for (const reason of [...Object.values(REASONS), 'connection']) RETRIES.inc({ reason }, 0);

/** @param sqlState of the error after which a transaction runs once more */
export function countRetry(sqlState: string): void {
  RETRIES.inc({ reason: REASONS[sqlState] ?? 'connection' });
}
