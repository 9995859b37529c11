import { ApiProperty } from '@nestjs/swagger';
import { sql } from '../database/statement.js';
import { DISTRIBUTIONS, type Distribution } from '../inboxes/inbox.js';
import { activityBetween } from './activity-between.js';
import { OutcomeCounts, outcomeColumns, outcomeCounts, type OutcomeColumns } from './outcome-counts.js';
import { InboxStaff, STAFF_OF_INBOXES, staffResponse, type StaffColumns } from './staff-of-inboxes.js';

/** The most waits over the target of an inbox that are counted. */
const MAX_OVER_TARGET = 1_000;

/**
 * The current queue of every inbox of tenant $1, without archived ones in which nothing waits. Depths come from stored
 * counts, because counting the waiting rows takes time in proportion to their number.
 */
export const QUEUE_STATISTICS = sql`
  with last_hour as materialized (
    select a.inbox_id, a.type, a.count
    from ${activityBetween("(now() - interval '1 hour')", "'infinity'::timestamptz")} a
    where a.operator_id = '00000000-0000-0000-0000-000000000000'
  ), counted as materialized (
    select h.inbox_id,
      coalesce(sum(h.count) filter (where h.type in ('conversation.created', 'conversation.reopened')), 0)::integer
        as arrivals,
      coalesce(sum(h.count) filter (where h.type = 'conversation.resolved'), 0)::integer as resolutions,
      ${outcomeColumns('h')}
    from last_hour h
    group by h.inbox_id
  ), ${STAFF_OF_INBOXES}
  select i.id, i.name, i.distribution, coalesce(d.depth, 0) as depth, w.waiting_since, w.conversation_id as oldest_id,
    case when i.wait_target_seconds is not null then coalesce(w.over_target, 0) end as over_target,
    s.available, s.paused, s.offline, s.free,
    case when w.waiting_since is not null then greatest(floor(extract(epoch from now() - w.waiting_since)), 0)::integer end
      as wait_seconds,
    coalesce(h.arrivals, 0) as arrivals, coalesce(h.resolutions, 0) as resolutions, h.resolved_abandoned, h.resolved_spam,
    h.resolved_duplicate
  from inboxes i
  left join current_queue_depths($1) d on d.inbox_id = i.id
  left join waits_of_inboxes($1, ${MAX_OVER_TARGET.toString()}) w on w.inbox_id = i.id
  left join counted h on h.inbox_id = i.id
  left join staff s on s.inbox_id = i.id
  where i.tenant_id = $1 and (i.is_active or d.depth > 0)
  order by i.name, i.id`;

export interface QueueRow extends StaffColumns, OutcomeColumns {
  id: string;
  name: string;
  distribution: Distribution;
  depth: number;
  waiting_since: Date | null;
  oldest_id: string | null;
  over_target: number | null;
  wait_seconds: number | null;
  arrivals: number;
  resolutions: number;
}

export class InboxQueue extends InboxStaff {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000101' })
  inboxId: string;
  @ApiProperty({ example: 'Support' })
  name: string;
  @ApiProperty({ enum: DISTRIBUTIONS, example: 'PULL' })
  distribution: Distribution;
  @ApiProperty({ type: 'integer', example: 12, description: 'The number of conversations that wait.' })
  depth: number;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-03-02T09:30:00.000Z',
    description: 'Since when the longest waiting customer waits; null when none waits.',
  })
  oldestWaitingSince: string | null;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: '019c8f00-0000-7000-8000-000000000301',
    description: 'The conversation of the longest waiting customer; null when none waits.',
  })
  oldestConversationId: string | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 754, description: 'The same, in whole seconds.' })
  oldestWaitSeconds: number | null;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 1,
    description:
      'How many wait longer than `waitTargetSeconds` of the inbox, counted up to 1,000; null without a target.',
  })
  overTarget: number | null;
  @ApiProperty({
    type: 'integer',
    example: 31,
    description: 'Conversations created or reopened in the last 60 minutes.',
  })
  arrivalsLastHour: number;
  @ApiProperty({
    type: 'integer',
    example: 33,
    description: 'Conversations resolved in the last 60 minutes, by anybody and from any state.',
  })
  resolutionsLastHour: number;
  @ApiProperty({ type: OutcomeCounts, description: '`resolutionsLastHour` by outcome.' })
  resolvedByOutcomeLastHour: OutcomeCounts;
}

export class QueueStatistics {
  @ApiProperty({ type: [InboxQueue], description: 'Every inbox, by name.' })
  data: InboxQueue[];
}

export function queueResponse(row: QueueRow): InboxQueue {
  return {
    inboxId: row.id,
    name: row.name,
    distribution: row.distribution,
    depth: row.depth,
    oldestWaitingSince: row.waiting_since?.toISOString() ?? null,
    oldestConversationId: row.oldest_id,
    oldestWaitSeconds: row.wait_seconds,
    overTarget: row.over_target,
    arrivalsLastHour: row.arrivals,
    resolutionsLastHour: row.resolutions,
    resolvedByOutcomeLastHour: outcomeCounts(row.resolutions, row),
    ...staffResponse(row),
  };
}
