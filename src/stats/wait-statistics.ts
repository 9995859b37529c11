import { ApiProperty } from '@nestjs/swagger';
import { sql } from '../database/statement.js';
import { ENDED_WAITS } from './ended-waits.js';

/** The waits of which a response tells the share that is not longer, in seconds. */
export const WITHIN_SECONDS = [30, 60, 300, 900, 3_600] as const;

/** Microseconds in the form of the responses. */
const inSeconds = (microseconds: string) =>
  `round((${microseconds} / 1000000)::numeric, 3)::double precision`;

/**
 * Waits of the inboxes of tenant $1 that ended from $2 to just before $3; $4 is an inbox, or null for all. Without
 * archived inboxes in which none ended.
 */
export const WAIT_STATISTICS = sql`
  with ${ENDED_WAITS}, waited as materialized (
    select e.inbox_id, (count(*) filter (where e.is_given))::integer as given,
      (count(*) filter (where not e.is_given))::integer as unserved,
      avg(e.microseconds) filter (where e.is_given) as mean,
      percentile_cont(array[0.5, 0.9, 0.95]) within group (order by e.microseconds) filter (where e.is_given) as percentiles,
      ${WITHIN_SECONDS.map(
        (seconds) =>
          `(count(*) filter (where e.is_given and e.microseconds <= ${seconds} * 1000000::bigint))::integer as within_${seconds}`,
      ).join(', ')},
      (count(*) filter (where e.is_given and e.microseconds <= i.wait_target_seconds * 1000000::bigint))::integer
        as within_target
    from ended e
    join inboxes i on i.tenant_id = $1 and i.id = e.inbox_id
    group by e.inbox_id
  )
  select i.id as inbox_id, i.name as inbox_name, coalesce(w.given, 0) as given, coalesce(w.unserved, 0) as unserved,
    ${inSeconds('w.mean')} as mean, ${inSeconds('w.percentiles[1]')} as p50, ${inSeconds('w.percentiles[2]')} as p90,
    ${inSeconds('w.percentiles[3]')} as p95, ${WITHIN_SECONDS.map((seconds) => `w.within_${seconds}`).join(', ')},
    case when i.wait_target_seconds is not null then w.within_target end as within_target,
    ${inSeconds('r.percentiles[1]')} as reply_p50, ${inSeconds('r.percentiles[2]')} as reply_p90
  from inboxes i
  left join waited w on w.inbox_id = i.id
  cross join lateral (
    select percentile_cont(array[0.5, 0.9]) within group (order by r.microseconds) as percentiles
    from (
      select f.microseconds from first_replies f
      where f.tenant_id = $1 and f.inbox_id = i.id and f.replied_at >= $2::timestamptz and f.replied_at < $3::timestamptz
      offset 0) r) r
  where i.tenant_id = $1 and ($4::uuid is null or i.id = $4)
    and (i.is_active or w.inbox_id is not null or r.percentiles is not null)
  order by i.name, i.id`;

type WithinColumns = Record<`within_${(typeof WITHIN_SECONDS)[number]}`, number | null>;

export interface WaitRow extends WithinColumns {
  inbox_id: string;
  inbox_name: string;
  given: number;
  unserved: number;
  mean: number | null;
  p50: number | null;
  p90: number | null;
  p95: number | null;
  within_target: number | null;
  reply_p50: number | null;
  reply_p90: number | null;
}

const seconds = (example: number, description: string) => ({
  type: Number,
  nullable: true,
  example,
  description,
});
const share = (seconds: number, example: number) => ({
  type: Number,
  nullable: true,
  minimum: 0,
  maximum: 1,
  example,
  description: `Within ${seconds} seconds.`,
});

/** The shares of waits that were not longer. Null when nothing was given. */
export class WaitsWithin {
  @ApiProperty(share(30, 0.31))
  '30': number | null;
  @ApiProperty(share(60, 0.4))
  '60': number | null;
  @ApiProperty(share(300, 0.72))
  '300': number | null;
  @ApiProperty(share(900, 0.93))
  '900': number | null;
  @ApiProperty(share(3_600, 1))
  '3600': number | null;
}

export class InboxWaits {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000101' })
  inboxId: string;
  @ApiProperty({ example: 'Support' })
  inboxName: string;
  @ApiProperty({
    type: 'integer',
    example: 214,
    description:
      'How often a conversation of the queue was given to somebody: allocated, claimed, distributed or reassigned.',
  })
  given: number;
  @ApiProperty(
    seconds(
      186.402,
      'The mean wait of these, in seconds, from when the customer began to wait. Null when nothing was given.',
    ),
  )
  mean: number | null;
  @ApiProperty(
    seconds(95.5, 'The median, in seconds. Exact, interpolated between two waits as `percentile_cont`.'),
  )
  p50: number | null;
  @ApiProperty(seconds(512.25, 'The 90th percentile, in seconds.'))
  p90: number | null;
  @ApiProperty(seconds(804, 'The 95th percentile, in seconds.'))
  p95: number | null;
  @ApiProperty({
    type: WaitsWithin,
    description: 'The shares of what was given that had waited 30, 60, 300, 900 and 3,600 seconds at most.',
  })
  within: WaitsWithin;
  @ApiProperty({
    type: Number,
    nullable: true,
    minimum: 0,
    maximum: 1,
    example: 0.81,
    description:
      'The share within the current `waitTargetSeconds` of the inbox. Null without a target, or when nothing was given.',
  })
  withinTarget: number | null;
  @ApiProperty({
    type: 'integer',
    example: 6,
    description: 'How many were resolved from the queue, given to nobody.',
  })
  unserved: number;
  @ApiProperty(
    seconds(
      240.125,
      'The median time, in seconds, from when the customer began to wait to the first reply after it, of the first ' +
        'replies in this time. Null without any.',
    ),
  )
  firstReplyP50: number | null;
  @ApiProperty(seconds(910, 'The 90th percentile of the same.'))
  firstReplyP90: number | null;
}

export function waitsResponse(row: WaitRow): InboxWaits {
  const shareOf = (count: number | null) => (count === null || row.given === 0 ? null : count / row.given);
  return {
    inboxId: row.inbox_id,
    inboxName: row.inbox_name,
    given: row.given,
    mean: row.mean,
    p50: row.p50,
    p90: row.p90,
    p95: row.p95,
    within: {
      '30': shareOf(row.within_30),
      '60': shareOf(row.within_60),
      '300': shareOf(row.within_300),
      '900': shareOf(row.within_900),
      '3600': shareOf(row.within_3600),
    },
    withinTarget: shareOf(row.within_target),
    unserved: row.unserved,
    firstReplyP50: row.reply_p50,
    firstReplyP90: row.reply_p90,
  };
}
