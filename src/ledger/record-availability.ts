import { sql } from '../database/statement.js';
import { recordInFeed } from './record-in-feed.js';

/** $1 tenant, $2 id of the entry, $3 type, $4 operator, $5 actor type, $6 actor id, $7 reason */
export const RECORD_AVAILABILITY = sql`
  with entry as (
    insert into conversation_events (tenant_id, id, type, actor_type, actor_id, reason, from_operator_id, to_operator_id)
    values ($1, $2, $3, $5, $6, $7, $4, $4)
    returning id
  ), ${recordInFeed('$1', 'entry')}
  select 1 as recorded`;
