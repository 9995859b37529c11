import { sql } from '../database/statement.js';
import type { Availability } from '../operators/operator.js';
import { activityBetween } from './activity-between.js';
import { outcomeColumns, type OutcomeColumns } from './outcome-counts.js';
import { TRANSITION_NAMES, type TransitionCounts } from './stats-responses.js';

/** The counts of one operator, from the rows `a` of activityBetween. */
const COUNTS = TRANSITION_NAMES.map(
  ({ type, column }) => `coalesce(sum(a.count) filter (where a.type = '${type}'), 0)::integer as ${column}`,
).join(', ');
const ALL_COUNTS = `${COUNTS}, ${outcomeColumns('a')}`;

/**
 * The number of conversations that operator `o` of tenant $1 holds and that are not parked. It reads an index that contains only held
 * conversations.
 */
const LOAD = `(select count(*)::integer from conversations c
  where c.tenant_id = $1 and c.assigned_operator_id = o.id and c.state = 'ALLOCATED' and not c.is_parked)`;

/** Statistics of every operator of tenant $1, from $2 to just before $3. */
export const OPERATOR_STATISTICS = sql`
  with activity as materialized (
    select a.operator_id, a.type, a.count, a.microseconds
    from ${activityBetween('$2::timestamptz', '$3::timestamptz')} a
    where a.inbox_id = '00000000-0000-0000-0000-000000000000'
  ), counted as materialized (
    select a.operator_id, ${ALL_COUNTS},
      round(sum(a.microseconds) filter (where a.type = 'conversation.resolved')
        / nullif(sum(a.count) filter (where a.type = 'conversation.resolved'), 0) / 1000000, 3)::double precision as mean
    from activity a
    group by a.operator_id
  )
  select o.id, o.name, o.availability, o.is_active, o.max_load, ${LOAD} as load, a.*
  from operators o
  left join counted a on a.operator_id = o.id
  where o.tenant_id = $1
  order by o.name, o.id`;

/**
 * Statistics of operator $4 of tenant $1, from $2 to just before $3; no row when the operator does not exist. The
 * percentile reads every resolution of the operator in that time, from an index that contains only resolutions.
 */
export const STATISTICS_OF_OPERATOR = sql`
  with resolution as materialized (
    select r.microseconds from resolution_times r
    where r.tenant_id = $1 and r.operator_id = $4 and r.resolved_at >= $2::timestamptz and r.resolved_at < $3::timestamptz
    union all
    select h.microseconds from unfolded_events($1) e
    cross join lateral microseconds_held(
      $1, e.type, e.conversation_id, e.version, e.from_operator_id, e.occurred_at) h
    where e.type = 'conversation.resolved' and e.from_operator_id = $4
      and e.occurred_at >= $2::timestamptz and e.occurred_at < $3::timestamptz
  )
  select o.id, o.max_load, ${LOAD} as load, a.*, r.mean, r.p95
  from operators o
  cross join lateral (
    select ${ALL_COUNTS}
    from ${activityBetween('$2::timestamptz', '$3::timestamptz')} a
    where a.inbox_id = '00000000-0000-0000-0000-000000000000' and a.operator_id = $4) a
  cross join lateral (
    select round(avg(r.microseconds) / 1000000, 3)::double precision as mean,
      round((percentile_cont(0.95) within group (order by r.microseconds) / 1000000)::numeric, 3)::double precision as p95
    from resolution r) r
  where o.tenant_id = $1 and o.id = $4`;

type CountColumns = Record<(typeof TRANSITION_NAMES)[number]['column'], number | null>;

export interface OperatorStatisticsRow extends CountColumns, OutcomeColumns {
  id: string;
  name: string;
  availability: Availability;
  is_active: boolean;
  max_load: number | null;
  load: number;
  mean: number | null;
}

export interface StatisticsOfOperatorRow extends CountColumns, OutcomeColumns {
  id: string;
  max_load: number | null;
  load: number;
  mean: number | null;
  p95: number | null;
}

/** Operators without activity have no row of counts. */
export function transitionsOf(row: CountColumns): TransitionCounts {
  const counts = TRANSITION_NAMES.map(({ field, column }) => [field, row[column] ?? 0]);
  return Object.fromEntries(counts) as TransitionCounts;
}
