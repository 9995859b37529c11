import { sql } from '../database/statement.js';
import type { GracePeriodResponse } from './grace-responses.js';

/** The next to end first. $1 tenant, $2 and $3 the last row of the previous page, $4 limit */
export const LIST_GRACE_PERIODS = sql`
  select conversation_id, operator_id, started_at, expires_at, expires_at::text as position
  from deadlines
  where tenant_id = $1 and kind = 'GRACE' and expires_at > '-infinity' and (expires_at, conversation_id) > ($2::timestamptz, $3::uuid)
  order by expires_at, conversation_id
  limit $4`;

/** To be counted. */
export const ALL_GRACE_PERIODS = sql`
  select true as is_found from deadlines
  where tenant_id = $1 and kind = 'GRACE' and expires_at > '-infinity'
  order by expires_at, conversation_id`;

export interface GracePeriodRow {
  conversation_id: string;
  operator_id: string;
  started_at: Date;
  expires_at: Date;
  /** expires_at with all digits, because a JavaScript date drops the microseconds. */
  position: string;
}

export function gracePeriodResponse(row: GracePeriodRow): GracePeriodResponse {
  return {
    conversationId: row.conversation_id,
    operatorId: row.operator_id,
    startedAt: row.started_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}
