import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';

/** The longest time that the database can spend on this. */
const TIME_LIMIT_MS = 2_000;

const LIMIT_TIME = sql`select set_config('statement_timeout', $1, true)`;
const BACKLOG = sql`select * from backlog()`;
const WAITING_BY_INBOX = sql`select tenant_id, inbox_id, queued, wait_seconds from waiting_by_inbox($1)`;

/** PostgreSQL's bigint arrives as text. */
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

/** An inbox with waiting conversations. The row without ids is the sum of all other inboxes. */
export interface WaitingRow {
  tenant_id: string | null;
  inbox_id: string | null;
  queued: string;
  wait_seconds: number;
}

/** The backlog of all tenants. */
export async function readBacklog(
  tx: Transaction,
  inboxes: number,
): Promise<{ backlog: BacklogRow; waiting: WaitingRow[] }> {
  await rowsOf(tx, LIMIT_TIME, [String(TIME_LIMIT_MS)]);
  const [backlog] = await rowsOf<BacklogRow>(tx, BACKLOG, []);
  if (backlog === undefined) throw new Error('backlog() returned no row');
  return { backlog, waiting: await rowsOf<WaitingRow>(tx, WAITING_BY_INBOX, [inboxes]) };
}
