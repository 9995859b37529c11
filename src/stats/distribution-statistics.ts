import { ApiProperty } from '@nestjs/swagger';
import { sql } from '../database/statement.js';
import { activityBetween } from './activity-between.js';

/**
 * Conversations distributed to each operator in tenant $1, from $2 to just before $3; $4 is an inbox, or null for all.
 * It has a row for each pair of inbox and operator with a distributed conversation. It also has a row for each
 * subscription of an inbox that distributes now or did in that time.
 */
export const DISTRIBUTION_STATISTICS = sql`
  with given as materialized (
    select a.inbox_id, a.operator_id, a.count
    from ${activityBetween('$2::timestamptz', '$3::timestamptz')} a
    where a.type = 'conversation.distributed' and a.inbox_id <> '00000000-0000-0000-0000-000000000000'
      and a.count > 0 and ($4::uuid is null or a.inbox_id = $4)
  ), place as materialized (
    select s.inbox_id, s.operator_id, s.weight, s.created_at, sum(s.weight) over (partition by s.inbox_id) as weights
    from inboxes i
    join subscriptions s on s.tenant_id = $1 and s.inbox_id = i.id
    where i.tenant_id = $1 and ($4::uuid is null or i.id = $4)
      and (i.distribution <> 'PULL' or i.id in (select g.inbox_id from given g))
  ), ever as materialized (
    select e.inbox_id, e.operator_id, min(e.first_at) as first_at, max(e.last_at) as last_at
    from (
      select s.inbox_id, s.operator_id, s.first_at, s.last_at from activity_series s
      where s.tenant_id = $1 and s.type = 'conversation.distributed'
        and s.inbox_id <> '00000000-0000-0000-0000-000000000000'
      union all
      select e.inbox_id, e.to_operator_id, e.occurred_at, e.occurred_at from unfolded_events($1) e
      where e.type = 'conversation.distributed') e
    group by e.inbox_id, e.operator_id
  )
  select i.id as inbox_id, i.name as inbox_name, o.id as operator_id, o.name as operator_name,
    coalesce(g.count, 0) as given,
    coalesce(g.count / nullif(sum(g.count) over (partition by i.id), 0)::double precision, 0) as share,
    coalesce(p.weight, 0) as weight,
    coalesce(p.weight / nullif(p.weights, 0)::double precision, 0) as configured_share,
    greatest(least(p.created_at, e.first_at), $2::timestamptz) as since, e.last_at as last_given_at
  from given g
  full join place p on p.inbox_id = g.inbox_id and p.operator_id = g.operator_id
  join inboxes i on i.tenant_id = $1 and i.id = coalesce(g.inbox_id, p.inbox_id)
  join operators o on o.tenant_id = $1 and o.id = coalesce(g.operator_id, p.operator_id)
  left join ever e on e.inbox_id = i.id and e.operator_id = o.id
  order by i.name, i.id, o.name, o.id`;

export interface DistributionRow {
  inbox_id: string;
  inbox_name: string;
  operator_id: string;
  operator_name: string;
  given: number;
  share: number;
  weight: number;
  configured_share: number;
  since: Date;
  last_given_at: Date | null;
}

export class OperatorShare {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000101' })
  inboxId: string;
  @ApiProperty({ example: 'Support' })
  inboxName: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000011' })
  operatorId: string;
  @ApiProperty({ example: 'Olivia Operator' })
  operatorName: string;
  @ApiProperty({
    type: 'integer',
    example: 12,
    description: 'The number of conversations of this inbox that the service distributed to them.',
  })
  given: number;
  @ApiProperty({
    example: 0.24,
    description: 'Their part of all that was distributed in this inbox; 0 when nothing was.',
  })
  share: number;
  @ApiProperty({
    type: 'integer',
    example: 30,
    description: 'The weight of their subscription to this inbox now; 0 without one.',
  })
  weight: number;
  @ApiProperty({
    example: 0.3,
    description: 'Their part of the weights of all subscriptions to this inbox now.',
  })
  configuredShare: number;
  @ApiProperty({
    format: 'date-time',
    description:
      'When counting began: `from`, or, if that was later, when they were subscribed to this inbox or first received one, ' +
      'whichever came first.',
  })
  since: string;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-03-02T09:30:00.000Z',
    description: 'When they last received a conversation of this inbox, also outside of the window.',
  })
  lastGivenAt: string | null;
}

export function distributionResponse(row: DistributionRow): OperatorShare {
  return {
    inboxId: row.inbox_id,
    inboxName: row.inbox_name,
    operatorId: row.operator_id,
    operatorName: row.operator_name,
    given: row.given,
    share: row.share,
    weight: row.weight,
    configuredShare: row.configured_share,
    since: row.since.toISOString(),
    lastGivenAt: row.last_given_at?.toISOString() ?? null,
  };
}
