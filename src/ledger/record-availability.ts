import { sql } from '../database/statement.js';

/**
 * The feed contains these entries too. $1 tenant, $2 id of the entry, $3 type, $4 operator, $5 actor type, $6 actor
 * id, $7 reason
 */
export const RECORD_AVAILABILITY = sql`
  with entry as (
    insert into conversation_events (tenant_id, id, type, actor_type, actor_id, reason, from_operator_id, to_operator_id)
    values ($1, $2, $3, $5, $6, $7, $4, $4)
  )
  insert into feed_backlog (tenant_id, id, event_ids) values ($1, $2, array[$2::uuid])`;
