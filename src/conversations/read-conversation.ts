import { seesWholeTenant, type TenantPrincipal } from '../access/principal.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { NotFound } from '../http/problem.js';
import type { ConversationRow } from './conversation.js';
import { scoreCandidates } from './score-candidates.js';
import { inboxesToTakeFrom } from '../inboxes/takeable-inboxes.js';

/** $3: null, or the OPERATOR who may see what they hold and what lies in the inboxes they may take from. */
const READ_CONVERSATION = sql`
  select d.*
  from conversation_details d
  where d.tenant_id = $1 and d.id = $2
    and ($3::uuid is null or d.assigned_operator_id = $3 or d.inbox_id = any (${inboxesToTakeFrom('$1', '$3')}))`;

/** The conversation as the caller may see it; NOT_FOUND for everything else. */
export async function readConversation(
  tx: Transaction,
  caller: TenantPrincipal,
  id: string,
): Promise<ConversationRow> {
  const operatorId = caller.kind === 'operator' && !seesWholeTenant(caller) ? caller.operatorId : null;
  const [row] = await readScored(tx, caller.tenantId, id, operatorId);
  if (row === undefined) throw new NotFound('conversation', id);
  return row;
}

async function readScored(tx: Transaction, tenantId: string, id: string, operatorId: string | null) {
  const rows = await rowsOf<ConversationRow>(tx, READ_CONVERSATION, [tenantId, id, operatorId]);
  return scoreCandidates(tx, tenantId, rows);
}
