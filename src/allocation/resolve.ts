import { rightOf, seesWholeTenant, type TenantPrincipal } from '../access/principal.js';
import { TRANSITION_COLUMNS, type TransitionRow } from '../conversations/transition.js';
import { newId } from '../database/id.js';
import { sql } from '../database/statement.js';
import { actorOf } from '../ledger/actor.js';
import type { Outcome } from '../ledger/outcome.js';
import { allowedFrom, type Mover } from '../ledger/state-machine.js';

export type ResolveRow = TransitionRow & { frees_push: boolean | null };

/** The function resolve_conversation does the work. */
export const RESOLVE = sql`
  select ${TRANSITION_COLUMNS}, t.frees_push from resolve_conversation($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) t`;

/** How a conversation ends, and why. */
export interface Ending {
  outcome?: Outcome | undefined;
  reason?: string | undefined;
  /** What the ledger says after the reason. */
  note?: string;
}

/** The reason in the ledger where none is given: who closed the conversation, in words for supervisors. */
const REASONS = {
  OPERATOR: 'Closed by the operator',
  MANAGER: 'Closed by a manager',
  ADMIN: 'Closed by an administrator',
  SERVICE: 'Closed by the orchestrator',
};

export function resolveValues(
  caller: TenantPrincipal,
  id: string,
  version: number | null,
  { outcome = 'HANDLED', reason, note = '' }: Ending = {},
): unknown[] {
  const mover = rightOf(caller) as keyof typeof REASONS;
  const actor = actorOf(caller);
  const onlyOf = caller.kind === 'operator' && !seesWholeTenant(caller) ? caller.operatorId : null;
  const from = allowedFrom('resolve', mover satisfies Mover);
  return [
    caller.tenantId,
    id,
    version,
    from,
    onlyOf,
    newId(),
    actor.type,
    actor.id,
    `${reason ?? REASONS[mover]}${note}`,
    outcome,
  ];
}
