import { ApiProperty } from '@nestjs/swagger';
import { sql } from '../database/statement.js';
import { CONFIDENCE } from './method.js';

/**
 * How the outlooks of tenant $1 turned out that were told from $2 to just before $3; $4 is an inbox, or null for all.
 * The row without an inbox is all of them. A tenant keeps at most 100,000.
 */
export const OUTLOOK_STATISTICS = sql`
  select o.inbox_id, min(i.name) as inbox_name, count(*)::integer as told, count(o.actual_seconds)::integer as given,
    avg((o.actual_seconds between o.low_seconds and o.high_seconds)::integer)::double precision as coverage,
    avg(abs(o.actual_seconds - o.expected_seconds)) as error,
    avg(o.high_seconds - o.low_seconds) filter (where o.actual_seconds is not null) as width
  from outlooks o
  join inboxes i on i.tenant_id = $1 and i.id = o.inbox_id
  where o.tenant_id = $1 and o.asked_at >= $2::timestamptz and o.asked_at < $3::timestamptz
    and ($4::uuid is null or o.inbox_id = $4) and o.low_seconds is not null
  group by grouping sets ((o.inbox_id), ())
  order by inbox_name, o.inbox_id`;

export interface OutlookStatisticsRow {
  inbox_id: string | null;
  inbox_name: string | null;
  told: number;
  given: number;
  coverage: number | null;
  error: number | null;
  width: number | null;
}

export class OutlookAccuracy {
  @ApiProperty({ type: 'integer', example: 412, description: 'The outlooks with an expected wait.' })
  told: number;
  @ApiProperty({
    type: 'integer',
    example: 398,
    description:
      'Those whose conversation was given to somebody. The figures below are of these; null without any.',
  })
  given: number;
  @ApiProperty({
    type: Number,
    nullable: true,
    example: 0.81,
    description: 'The share whose actual wait was in the interval. It should be near `confidence`.',
  })
  coverage: number | null;
  @ApiProperty({
    type: Number,
    nullable: true,
    example: 164.2,
    description: 'By how many seconds the expected wait was wrong, on average.',
  })
  meanAbsoluteError: number | null;
  @ApiProperty({
    type: Number,
    nullable: true,
    example: 512.9,
    description: 'The mean width of the intervals in seconds.',
  })
  meanWidth: number | null;
}

export class OutlookAccuracyOfInbox extends OutlookAccuracy {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000101' })
  inboxId: string;
  @ApiProperty({ example: 'Support' })
  inboxName: string;
}

export class OutlookStatistics extends OutlookAccuracy {
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  from: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  to: string | null;
  @ApiProperty({ example: CONFIDENCE })
  confidence: number;
  @ApiProperty({
    type: [OutlookAccuracyOfInbox],
    description: 'The same for each inbox with outlooks, by name.',
  })
  data: OutlookAccuracyOfInbox[];
}

export function accuracyOf(row: OutlookStatisticsRow): OutlookAccuracy {
  return {
    told: row.told,
    given: row.given,
    coverage: rounded(row.coverage),
    meanAbsoluteError: rounded(row.error),
    meanWidth: rounded(row.width),
  };
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000) / 1000;
}
