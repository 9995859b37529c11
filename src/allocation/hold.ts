import { seesWholeTenant, type OperatorPrincipal } from '../access/principal.js';
import { TRANSITION_COLUMNS, type TransitionRow } from '../conversations/transition.js';
import { newId } from '../database/id.js';
import { sql } from '../database/statement.js';

/** The function accept_conversation does the work. */
export const ACCEPT = sql`
  select ${TRANSITION_COLUMNS} from accept_conversation($1, $2, $3, $4, $5, $6) t`;

/** The function unpark_conversation does the work. */
export const UNPARK = sql`
  select ${TRANSITION_COLUMNS} from unpark_conversation($1, $2, $3, $4, $5, $6) t`;

/** The function park_conversation does the work. */
export const PARK = sql`
  select ${TRANSITION_COLUMNS}, t.frees from park_conversation($1, $2, $3, $4, $5, $6, $7) t`;

export type ParkRow = TransitionRow & { frees: boolean | null };

export function holderValues(holder: OperatorPrincipal, id: string, version: number | null): unknown[] {
  return [holder.tenantId, holder.operatorId, seesWholeTenant(holder), id, version, newId()];
}

export function parkValues(
  holder: OperatorPrincipal,
  id: string,
  version: number | null,
  until: Date | null,
): unknown[] {
  return [
    holder.tenantId,
    holder.operatorId,
    seesWholeTenant(holder),
    id,
    version,
    until,
    [newId(), newId()],
  ];
}
