import { seesWholeTenant, type OperatorPrincipal } from '../access/principal.js';
import { TRANSITION_COLUMNS, type TransitionRow } from '../conversations/transition.js';
import { newId } from '../database/id.js';
import { sql } from '../database/statement.js';
import { allowedFrom } from '../ledger/state-machine.js';

/** $1 tenant, $2 conversation, $3 version or null, $4 allowed states, $5 id of the ledger entry, $6 holder, $7 whether they see the whole tenant, $8 reason or null */
export const RELEASE = sql`
  select ${TRANSITION_COLUMNS} from release_conversation($1, $2, $3, $4, $5, $6, $7, $8) t`;

export type TransferRow = TransitionRow & { subscribed: boolean | null };

/** $1 to $8 as in RELEASE, $9 the receiver */
export const TRANSFER_TO_OPERATOR = sql`
  select ${TRANSITION_COLUMNS}, t.subscribed from transfer_to_operator($1, $2, $3, $4, $5, $6, $7, $8, $9) t`;

/** $1 to $8 as in RELEASE, $9 the inbox */
export const TRANSFER_TO_INBOX = sql`
  select t.refusal, t.met_state, t.met_operator_id, t.met_version
  from transfer_to_inbox($1, $2, $3, $4, $5, $6, $7, $8, $9) t`;

/** What a holder asks for. */
export interface HandOver {
  conversationId: string;
  reason?: string;
  expectedVersion: number | null;
}

export function handOverValues(
  name: 'release' | 'transfer',
  holder: OperatorPrincipal,
  { conversationId, reason, expectedVersion }: HandOver,
): unknown[] {
  return [
    holder.tenantId,
    conversationId,
    expectedVersion,
    allowedFrom(name, holder.role),
    newId(),
    holder.operatorId,
    seesWholeTenant(holder),
    reason ?? null,
  ];
}
