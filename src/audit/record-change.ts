import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { ACTIONS, differenceOf, type Action } from './audited.js';
import { currentAuthor } from './author.js';

const RECORD = sql`
  insert into audit_events (
    tenant_id, id, actor_type, actor_id, action, subject_type, subject_id, subject_name, request_id, before, after)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;

/** What is changed, with all its fields, of which AUDITED says which are audited. */
export interface Subject {
  readonly id: string;
  /** What has none is without a name in the audit too. */
  readonly name?: string | null;
}

/**
 * Writes the audit entry of a change of the configuration, in the transaction of the change. A change that changes
 * nothing has no entry.
 * @param before read with the row locked; null: it is new
 * @param after null: it is gone
 */
export async function recordChange<S extends Subject>(
  tx: Transaction,
  tenantId: string,
  action: Action,
  before: S | null,
  after: S | null,
): Promise<void> {
  const type = ACTIONS[action];
  const difference = differenceOf(type, before, after);
  const subject = after ?? before;
  if (difference === null || subject === null) return;
  const author = currentAuthor();
  const { id, name = null } = subject;
  const what = [tenantId, newId(), author.type, author.id, action, type, id, name];
  await rowsOf(tx, RECORD, [...what, author.requestId, difference.before, difference.after]);
}
