import { sql } from '../database/statement.js';
import { ENDED_WAITS } from '../stats/ended-waits.js';

/** The last hour is told in intervals of five minutes. */
export const INTERVAL_SECONDS = 300;
export const INTERVALS = 12;
const INTERVAL = `interval '${INTERVAL_SECONDS} seconds'`;

/** Stands for all inboxes or all operators in a series of the statistics. */
const ALL = `'00000000-0000-0000-0000-000000000000'`;

/** Arrivals and resolutions. */
const COUNTED = `array['conversation.created', 'conversation.reopened', 'conversation.resolved']`;

/** The total of series s of tenant $1 before a moment that begins a minute; null when there is none. */
const totalBefore = (moment: string) => `(
  select a.count from activity_totals a
  where a.tenant_id = $1 and a.series_id = s.id and a.minute < ${moment} and s.first_at < ${moment}
  order by a.minute desc
  limit 1)`;

/**
 * What arrived, was given and was resolved from $2 to just before $3: a row for each inbox of tenant $1 in which there was
 * something, and one for each interval, of all inboxes together. $4 is null. $2 is the start of a minute, so
 * totals of minutes say it without the ledger. Percentiles of the waits of what was given are in seconds.
 */
export const BOARD_HOUR = sql`
  with ${ENDED_WAITS}, unfolded as materialized (
    select e.inbox_id, e.type, e.occurred_at from unfolded_events($1) e
    where e.type = any (${COUNTED}) and e.occurred_at >= $2::timestamptz
  ), taken as materialized (
    select e.inbox_id, count(*) as given, percentile_cont(array[0.5, 0.9]) within group (order by e.microseconds) as waits
    from ended e where e.is_given group by e.inbox_id
  ), flow as materialized (
    select f.inbox_id, coalesce(sum(f.count) filter (where f.type <> 'conversation.resolved'), 0) as arrivals,
      coalesce(sum(f.count) filter (where f.type = 'conversation.resolved'), 0) as resolved
    from (
      select s.inbox_id, s.type, s.count - coalesce(${totalBefore('$2::timestamptz')}, 0) as count
      from activity_series s
      where s.tenant_id = $1 and s.operator_id = ${ALL} and s.inbox_id <> ${ALL} and s.type = any (${COUNTED})
        and s.last_at >= $2::timestamptz
      union all
      select u.inbox_id, u.type, 1 from unfolded u) f
    group by f.inbox_id
  ), part as materialized (
    select n, $2::timestamptz + n * ${INTERVAL} as starts_at, $2::timestamptz + (n + 1) * ${INTERVAL} as ends_at
    from generate_series(0, ${(INTERVALS - 1).toString()}) n
  ), given_in as materialized (
    select date_bin(${INTERVAL}, e.ended_at, $2::timestamptz) as starts_at, count(*) as given
    from ended e where e.is_given group by starts_at
  )
  select i.id as inbox_id, null::integer as slot, coalesce(f.arrivals, 0)::integer as arrivals,
    coalesce(t.given, 0)::integer as given, coalesce(f.resolved, 0)::integer as resolved,
    t.waits[1] / 1000000 as wait_p50, t.waits[2] / 1000000 as wait_p90
  from inboxes i
  left join taken t on t.inbox_id = i.id
  left join flow f on f.inbox_id = i.id
  where i.tenant_id = $1 and (t.inbox_id is not null or f.inbox_id is not null)
  union all
  select null, p.n, (coalesce(a.arrivals, 0) + u.arrivals)::integer, coalesce(g.given, 0)::integer, 0, null, null
  from part p
  left join given_in g on g.starts_at = p.starts_at
  cross join lateral (
    select sum(coalesce(${totalBefore('p.ends_at')}, 0) - coalesce(${totalBefore('p.starts_at')}, 0)) as arrivals
    from activity_series s
    where s.tenant_id = $1 and s.operator_id = ${ALL} and s.inbox_id = ${ALL}) a
  cross join lateral (
    select count(*) as arrivals from unfolded u
    where u.type <> 'conversation.resolved' and u.occurred_at >= p.starts_at and u.occurred_at < p.ends_at) u`;

export interface BoardHourRow {
  /** null: of all inboxes, in an interval. */
  inbox_id: string | null;
  /** The number of the interval, from 0; null: of an inbox, in the whole hour. */
  slot: number | null;
  arrivals: number;
  given: number;
  resolved: number;
  wait_p50: number | null;
  wait_p90: number | null;
}
