import { ENTER_QUEUE } from '../queue/queue-columns.js';
import { transitionStatement } from '../conversations/transition.js';

export const DEALLOCATE = transitionStatement(
  'deallocate',
  `state = 'QUEUED', resolved_at = null, assigned_operator_id = null, ${ENTER_QUEUE}`,
);
