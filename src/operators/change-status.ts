import type { OperatorPrincipal } from '../access/principal.js';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { NotFound } from '../http/problem.js';
import { actorOf } from '../ledger/actor.js';
import { RECORD_AVAILABILITY } from '../ledger/record-availability.js';
import type { Availability } from './operator.js';

/** The operator, locked until the end of the transaction, so that nobody can give them a conversation. */
const LOCK_OPERATOR = sql`
  select availability, is_active from operators where tenant_id = $1 and id = $2 for no key update`;

const CHANGE_STATUS = sql`
  update operators set availability = $3, last_status_change_at = now(), updated_at = now()
  where tenant_id = $1 and id = $2`;

export async function lockOperator(tx: Transaction, tenantId: string, operatorId: string) {
  const values = [tenantId, operatorId];
  const [row] = await rowsOf<{ availability: Availability; is_active: boolean }>(tx, LOCK_OPERATOR, values);
  if (row === undefined) throw new NotFound('operator', operatorId);
  return row;
}

export async function changeStatus(
  tx: Transaction,
  caller: OperatorPrincipal,
  operatorId: string,
  status: Availability,
) {
  const { tenantId } = caller;
  const actor = actorOf(caller);
  const type = status === 'AVAILABLE' ? 'operator.available' : 'operator.offline';
  const who = caller.operatorId === operatorId ? 'The operator' : 'A colleague';
  await rowsOf(tx, CHANGE_STATUS, [tenantId, operatorId, status]);
  const values = [
    tenantId,
    newId(),
    type,
    operatorId,
    actor.type,
    actor.id,
    `${who} set the status to ${status}`,
  ];
  await rowsOf(tx, RECORD_AVAILABILITY, values);
}
