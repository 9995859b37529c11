import { ApiProperty } from '@nestjs/swagger';
import { sql } from '../database/statement.js';
import { DISTRIBUTIONS, type Distribution } from '../inboxes/inbox.js';

/**
 * The current queue of every inbox of tenant $1, without archived ones in which nothing waits. Depths come from stored counts, because counting the waiting rows
 * takes time in proportion to their number. The longest wait takes one index probe per inbox.
 */
export const QUEUE_STATISTICS = sql`
  with last_hour as materialized (
    select a.inbox_id, a.type, a.count
    from activity_between($1, now() - interval '1 hour', 'infinity') a
    where a.operator_id = '00000000-0000-0000-0000-000000000000'
  )
  select i.id, i.name, i.distribution, coalesce(d.depth, 0) as depth, w.waiting_since,
    case when w.waiting_since is not null then greatest(floor(extract(epoch from now() - w.waiting_since)), 0)::integer end
      as wait_seconds,
    coalesce((select sum(h.count) from last_hour h where h.inbox_id = i.id and h.type <> 'conversation.resolved'), 0)::integer
      as arrivals,
    coalesce((select sum(h.count) from last_hour h where h.inbox_id = i.id and h.type = 'conversation.resolved'), 0)::integer
      as resolutions
  from inboxes i
  left join current_queue_depths($1) d on d.inbox_id = i.id
  left join lateral (
    select min(e.waiting_since) as waiting_since
    -- The conditions make the planner use the index conversations_waiting.
    from (values (false), (true)) o (is_overdue)
    cross join lateral (
      select c.waiting_since from conversations c
      where c.tenant_id = $1 and c.inbox_id = i.id and c.state = 'QUEUED' and c.is_overdue = o.is_overdue
        and c.waiting_since > '-infinity'
      order by c.waiting_since
      limit 1) e) w on true
  where i.tenant_id = $1 and (i.is_active or d.depth > 0)
  order by i.name, i.id`;

export interface QueueRow {
  id: string;
  name: string;
  distribution: Distribution;
  depth: number;
  waiting_since: Date | null;
  wait_seconds: number | null;
  arrivals: number;
  resolutions: number;
}

export class InboxQueue {
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
  @ApiProperty({ type: 'integer', nullable: true, example: 754, description: 'The same, in whole seconds.' })
  oldestWaitSeconds: number | null;
  @ApiProperty({
    type: 'integer',
    example: 31,
    description: 'Conversations created or reopened in the last 60 minutes.',
  })
  arrivalsLastHour: number;
  @ApiProperty({
    type: 'integer',
    example: 27,
    description: 'Conversations resolved in the last 60 minutes, by anybody and from any state.',
  })
  resolutionsLastHour: number;
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
    oldestWaitSeconds: row.wait_seconds,
    arrivalsLastHour: row.arrivals,
    resolutionsLastHour: row.resolutions,
  };
}
