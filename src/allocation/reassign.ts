import { LEAVE_QUEUE } from '../queue/queue-columns.js';
import { transitionStatement } from '../conversations/transition.js';
import { sql } from '../database/statement.js';

/** $9 the operator who gets it; giving it to its holder again changes nothing */
export const REASSIGN = transitionStatement(
  'reassign',
  `state = 'ALLOCATED', assigned_operator_id = $9::uuid, resolved_at = null,
    last_resolved_at = coalesce(c.resolved_at, c.last_resolved_at), ${LEAVE_QUEUE}`,
  `b.assigned_operator_id is distinct from $9::uuid`,
);

/** Locks the operator; every reason why they may not be given one more. */
export const LOCK_OPERATOR_REASONS = sql`select lock_operator_reasons($1, $2) as reasons`;
