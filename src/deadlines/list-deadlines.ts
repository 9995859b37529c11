import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, ValidateIf } from 'class-validator';
import { sql } from '../database/statement.js';
import { PageQuery } from '../http/page-query.js';
import { MAX_TOTAL } from '../http/total.js';
import { DEADLINE_KINDS, type DeadlineKind } from './deadline.js';
import { GracePeriodResponse } from './grace-responses.js';
import { gracePeriodResponse, type GracePeriodRow } from './list-grace-periods.js';

export class ListDeadlines extends PageQuery {
  @ApiPropertyOptional({ enum: DEADLINE_KINDS, description: 'Only deadlines of this kind.' })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(DEADLINE_KINDS)
  kind?: DeadlineKind;
}

/** A moment by which something must have happened to a conversation. */
export class DeadlineResponse extends GracePeriodResponse {
  @ApiProperty({
    enum: DEADLINE_KINDS,
    example: 'GRACE',
    description:
      'GRACE: an OFFLINE operator keeps it until then. ACCEPT: its holder must have accepted it. REPLY: its holder ' +
      "must have replied. PARK: it counts towards its holder's load again.",
  })
  kind: DeadlineKind;
}

/**
 * The next to end first, merged from the range of each kind.
 * $1 tenant, $2 kinds, $3 to $5 the last row of the previous page, $6 limit
 */
export const LIST_DEADLINES = sql`
  select p.conversation_id, p.kind, p.operator_id, p.started_at, p.expires_at, p.expires_at::text as position
  from unnest($2::text[]) as k (kind)
  cross join lateral (
    select d.conversation_id, d.kind, d.operator_id, d.started_at, d.expires_at from deadlines d
    where d.tenant_id = $1 and d.kind = k.kind and d.expires_at > '-infinity'
      and d.expires_at >= $3::timestamptz and (d.expires_at, d.conversation_id, d.kind) > ($3::timestamptz, $4::uuid, $5::text)
    order by d.expires_at, d.conversation_id
    limit $6) p
  order by p.expires_at, p.conversation_id, p.kind
  limit $6`;

/** To be counted. $1 tenant, $2 kinds */
export const ALL_DEADLINES = sql`
  select true as is_found from unnest($2::text[]) as k (kind)
  cross join lateral (
    select d.conversation_id from deadlines d
    where d.tenant_id = $1 and d.kind = k.kind and d.expires_at > '-infinity'
    order by d.expires_at, d.conversation_id
    limit ${String(MAX_TOTAL + 1)}) d`;

export type DeadlineRow = GracePeriodRow & { kind: DeadlineKind };

export function deadlineResponse(row: DeadlineRow): DeadlineResponse {
  return { ...gracePeriodResponse(row), kind: row.kind };
}
