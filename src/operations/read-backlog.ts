import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';

/** Longest time that the database may spend on it. */
const TIME_LIMIT_MS = 2_000;

const LIMIT_TIME = sql`select set_config('statement_timeout', $1, true)`;
const BACKLOG = sql`select * from backlog()`;
const WAITING_BY_INBOX = sql`select tenant_id, inbox_id, queued, wait_seconds from waiting_by_inbox($1)`;

/** Numbers that PostgreSQL counts as bigint come as text. */
export interface BacklogRow {
  grace_periods: string;
  grace_periods_due: string;
  grace_lag_seconds: number;
  webhooks_behind: string;
  webhooks_disabled: string;
  deliveries_due: string;
  webhook_lag_seconds: number;
  feed_lag_seconds: number;
}

/** An inbox with waiting conversations; without ids, the sum of all that are not named. */
export interface WaitingRow {
  tenant_id: string | null;
  inbox_id: string | null;
  queued: string;
  wait_seconds: number;
}

/** What waits, over all tenants. */
export async function readBacklog(
  tx: Transaction,
  inboxes: number,
): Promise<{ backlog: BacklogRow; waiting: WaitingRow[] }> {
  await rowsOf(tx, LIMIT_TIME, [String(TIME_LIMIT_MS)]);
  const [backlog] = await rowsOf<BacklogRow>(tx, BACKLOG, []);
  if (backlog === undefined) throw new Error('backlog returns exactly one row');
  return { backlog, waiting: await rowsOf<WaitingRow>(tx, WAITING_BY_INBOX, [inboxes]) };
}
