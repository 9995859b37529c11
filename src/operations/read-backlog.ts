import type { DeadlineKind } from '../deadlines/deadline.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';

/** The longest time that the database can spend on this. */
const TIME_LIMIT_MS = 2_000;

const LIMIT_TIME = sql`select set_config('statement_timeout', $1, true)`;
const BACKLOG = sql`select * from backlog()`;
const DEADLINE_BACKLOG = sql`select kind, deadlines, due, lag_seconds from deadline_backlog()`;
const SECRETS_BY_KEY = sql`select key_id, secrets from secrets_by_key()`;
const WAITING_BY_INBOX = sql`select tenant_id, inbox_id, queued, wait_seconds from waiting_by_inbox($1)`;

/** $1 tenants, $2 their inboxes, in the same order */
const NAMES_OF_INBOXES = sql`
  select tenant_id, inbox_id, tenant_name, inbox_name from names_of_inboxes($1, $2)`;

/** PostgreSQL's bigint arrives as text. */
export interface BacklogRow {
  webhooks_behind: string;
  webhooks_disabled: string;
  deliveries_due: string;
  webhook_lag_seconds: number;
  feed_lag_seconds: number;
}

export interface DeadlinesRow {
  kind: DeadlineKind;
  /** Running and due ones. */
  deadlines: string;
  due: string;
  lag_seconds: number;
}

/** An inbox with waiting conversations. The row without ids is the sum of all other inboxes. */
export interface WaitingRow {
  tenant_id: string | null;
  inbox_id: string | null;
  queued: string;
  wait_seconds: number;
}

export interface InboxNames {
  tenant_id: string;
  inbox_id: string;
  tenant_name: string;
  inbox_name: string;
}

/** Secrets by the key that seals them; null: in clear. */
export interface SecretsRow {
  key_id: string | null;
  secrets: string;
}

export interface Backlog {
  readonly backlog: BacklogRow;
  /** A row for each kind. */
  readonly deadlines: readonly DeadlinesRow[];
  readonly secrets: readonly SecretsRow[];
  readonly waiting: readonly WaitingRow[];
  /** The names of the inboxes in `waiting`. */
  readonly names: readonly InboxNames[];
}

/** The backlog of all tenants, and the names of the inboxes in it. */
export async function readBacklog(tx: Transaction, inboxes: number): Promise<Backlog> {
  await rowsOf(tx, LIMIT_TIME, [String(TIME_LIMIT_MS)]);
  const [backlog] = await rowsOf<BacklogRow>(tx, BACKLOG, []);
  if (backlog === undefined) throw new Error('backlog() returned no row');
  const deadlines = await rowsOf<DeadlinesRow>(tx, DEADLINE_BACKLOG, []);
  const secrets = await rowsOf<SecretsRow>(tx, SECRETS_BY_KEY, []);
  const waiting = await rowsOf<WaitingRow>(tx, WAITING_BY_INBOX, [inboxes]);
  const single = waiting.filter(({ inbox_id }) => inbox_id !== null);
  const ids = [single.map(({ tenant_id }) => tenant_id), single.map(({ inbox_id }) => inbox_id)];
  const names = single.length === 0 ? [] : await rowsOf<InboxNames>(tx, NAMES_OF_INBOXES, ids);
  return { backlog, deadlines, secrets, waiting, names };
}
