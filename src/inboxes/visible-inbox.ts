import { seesWholeTenant, type TenantPrincipal } from '../access/principal.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { NotFound } from '../http/problem.js';
import { inboxesToTakeFrom } from './takeable-inboxes.js';

/** $1 tenant, $2 inbox, $3 null, or the OPERATOR who must be allowed to take from it or hold a conversation of it */
const VISIBLE_INBOX = sql`
  select i.id from inboxes i
  where i.tenant_id = $1 and i.id = $2 and (
    $3::uuid is null
    or i.id = any (${inboxesToTakeFrom('$1', '$3')})
    or exists (
      select 1 from conversations c
      where c.tenant_id = $1 and c.assigned_operator_id = $3 and c.state = 'ALLOCATED' and c.inbox_id = $2))`;

/**
 * One rule for an inbox and for all that belongs to it. Whoever holds a conversation needs the labels of its inbox, also
 * when they have been unsubscribed meanwhile.
 * @throws NOT_FOUND
 */
export async function requireVisibleInbox(
  tx: Transaction,
  caller: TenantPrincipal,
  id: string,
): Promise<void> {
  const operatorId = caller.kind === 'operator' && !seesWholeTenant(caller) ? caller.operatorId : null;
  const found = await rowsOf(tx, VISIBLE_INBOX, [caller.tenantId, id, operatorId]);
  if (found.length === 0) throw new NotFound('inbox', id);
}
