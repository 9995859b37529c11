import { LEAVE_QUEUE } from '../queue/queue-columns.js';
import { transitionStatement } from '../conversations/transition.js';

/** $9 null, or the OPERATOR who must be the holder */
export const RESOLVE = transitionStatement(
  'resolve',
  `state = 'RESOLVED', resolved_at = now(), assigned_operator_id = null, ${LEAVE_QUEUE}`,
  `$9::uuid is null or b.assigned_operator_id = $9::uuid`,
);
