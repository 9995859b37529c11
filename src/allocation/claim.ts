import { seesWholeTenant, type OperatorPrincipal } from '../access/principal.js';
import { TRANSITION_COLUMNS, type TransitionRow } from '../conversations/transition.js';
import { newId } from '../database/id.js';
import { sql } from '../database/statement.js';

export type ClaimRow = TransitionRow & { subscribed: boolean | null };

/** The function claim_conversation does the work. */
export const CLAIM = sql`
  select ${TRANSITION_COLUMNS}, t.subscribed from claim_conversation($1, $2, $3, $4, $5, $6) t`;

export function claimValues(operator: OperatorPrincipal, id: string, version: number | null): unknown[] {
  return [operator.tenantId, operator.operatorId, seesWholeTenant(operator), id, version, newId()];
}
