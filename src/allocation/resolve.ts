import { transitionStatement } from '../conversations/transition.js';

/** $9 null, or the OPERATOR who must be the holder */
export const RESOLVE = transitionStatement(
  'resolve',
  `state = 'RESOLVED', resolved_at = now(), assigned_operator_id = null, basis_at = null, saturated = null, queue_key = null`,
  `$9::uuid is null or b.assigned_operator_id = $9::uuid`,
);
