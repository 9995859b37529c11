import { LEAVE_QUEUE } from '../queue/queue-columns.js';
import { transitionStatement } from '../conversations/transition.js';
import { sql } from '../database/statement.js';

/** $9 the operator */
export const CLAIM = transitionStatement(
  'claim',
  `state = 'ALLOCATED', resolved_at = null, assigned_operator_id = $9::uuid, ${LEAVE_QUEUE}`,
);

/** Locks the operator; why they may not take one more, or null. */
export const LOCK_OPERATOR_TO_TAKE = sql`select lock_operator_to_take($1, $2) as refusal`;

/** With autoSubscribe, taking subscribes. */
export const SUBSCRIBE_BY_TAKING = sql`
  insert into subscriptions (tenant_id, inbox_id, operator_id)
  select t.id, $2, $3 from tenants t where t.id = $1 and t.auto_subscribe
  on conflict do nothing
  returning inbox_id`;
