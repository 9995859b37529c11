import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { NotFound } from '../http/problem.js';
import type { Actor } from '../ledger/event.js';
import type { Availability } from './operator.js';

/** The operator, locked until the end of the transaction, so that nobody can give them a conversation. */
const LOCK_OPERATOR = sql`
  select availability, status_reason, next_status, is_active from operators where tenant_id = $1 and id = $2
  for no key update`;

/** The function change_availability does the work. */
const CHANGE_AVAILABILITY = sql`select change_availability($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

/** Whether operator $2 holds a conversation, parked ones included. */
const HOLDS_SOMETHING = sql`
  select exists (
    select 1 from conversations c
    where c.tenant_id = $1 and c.assigned_operator_id = $2 and c.state = 'ALLOCATED') as holds`;

export interface LockedOperator {
  availability: Availability;
  status_reason: string | null;
  next_status: 'OFFLINE' | null;
  is_active: boolean;
}

export interface StatusChange {
  readonly operatorId: string;
  readonly status: Availability;
  /** Why, in the words of the person who set it. It stays with the status. */
  readonly reason: string | null;
  /** The status they get when they hold nothing any more. */
  readonly next: 'OFFLINE' | null;
  readonly actor: Actor;
  /** The reason in the ledger. */
  readonly why: string;
}

export async function lockOperator(
  tx: Transaction,
  tenantId: string,
  operatorId: string,
): Promise<LockedOperator> {
  const [row] = await rowsOf<LockedOperator>(tx, LOCK_OPERATOR, [tenantId, operatorId]);
  if (row === undefined) throw new NotFound('operator', operatorId);
  return row;
}

/** Call it with the operator locked. */
export async function changeStatus(tx: Transaction, tenantId: string, change: StatusChange): Promise<void> {
  const { operatorId, status, reason, next, actor, why } = change;
  const values = [tenantId, operatorId, status, reason, next, newId(), actor.type, actor.id, why];
  await rowsOf(tx, CHANGE_AVAILABILITY, values);
}

export async function holdsSomething(
  tx: Transaction,
  tenantId: string,
  operatorId: string,
): Promise<boolean> {
  const [row] = await rowsOf<{ holds: boolean }>(tx, HOLDS_SOMETHING, [tenantId, operatorId]);
  return row?.holds === true;
}
