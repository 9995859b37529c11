import { newId } from '../database/id.js';
import { sql, type Statement } from '../database/statement.js';
import type { DeadlineKind } from './deadline.js';
import { EXPIRE_GRACE_PERIODS } from './expire-grace-periods.js';

/** $1 tenant, $2 ids of ledger entries, whose number limits the batch, $3 as many for changes of operators. */
const EXPIRE_ACCEPTANCES = sql`select inbox_id, operator_id from expire_acceptances($1, $2, $3)`;
/** $1 tenant, $2 ids of ledger entries, whose number limits the batch. The functions of the same names do the work. */
const EXPIRE_REPLIES = sql`select inbox_id, operator_id from expire_replies($1, $2)`;
const EXPIRE_PARKS = sql`
  select null::uuid as inbox_id, null::uuid as operator_id from expire_parks($1, $2)`;

/** A deadline that ended. */
export interface ExpiredRow {
  /** The inbox in which its conversation waits again; null when its holder keeps it. */
  inbox_id: string | null;
  /** Who holds less than before; null when nobody who could get another one. */
  operator_id: string | null;
}

/** How the deadlines of a kind end. The caller shares the ranking. */
export interface ExpiryOfKind {
  readonly kind: DeadlineKind;
  /** Ends up to `size` due ones, the earliest first, and returns an `ExpiredRow` for each. */
  readonly statement: Statement;
  readonly values: (tenantId: string, size: number) => unknown[];
}

const ids = (count: number) => Array.from({ length: count }, () => newId());

/**
 * All kinds, in the order in which they expire. One that locks operators comes before those that lock conversations
 * only (docs/adr/0003-locking.md).
 */
export const EXPIRIES: readonly ExpiryOfKind[] = [
  {
    kind: 'ACCEPT',
    statement: EXPIRE_ACCEPTANCES,
    values: (tenantId, size) => [tenantId, ids(size), ids(size)],
  },
  {
    kind: 'GRACE',
    statement: EXPIRE_GRACE_PERIODS,
    values: (tenantId, size) => [tenantId, ids(size), null],
  },
  { kind: 'REPLY', statement: EXPIRE_REPLIES, values: (tenantId, size) => [tenantId, ids(size)] },
  { kind: 'PARK', statement: EXPIRE_PARKS, values: (tenantId, size) => [tenantId, ids(size)] },
];
