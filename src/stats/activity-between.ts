/** The series in which the entries `e` count, and how long the last holder had the conversation of a resolution. */
const SERIES = `
    cross join lateral activity_series_of(e.type, e.outcome, e.inbox_id, e.from_operator_id, e.to_operator_id) s
    cross join lateral microseconds_held(
      $1, e.type, e.conversation_id, e.version, e.from_operator_id, e.occurred_at) h`;

/**
 * Counts the ledger entries of tenant $1 from a moment to just before another one, by series. Exact at any moment, in
 * one snapshot:
 * totals of whole minutes up to the end, minus those up to the start
 * + entries before the end in its minute
 * - entries before the start in its minute
 * + entries between the starts of the two minutes that are not in the totals yet
 *
 * It is text and not a function, so that a statement reads only the series that it asks for.
 */
export function activityBetween(from: string, to: string): string {
  const minuteOf = (moment: string) => `date_trunc('minute', ${moment}, 'UTC')`;
  return `(
  select c.inbox_id, c.operator_id, c.type, sum(c.count)::integer as count, sum(c.microseconds)::bigint as microseconds
  from (
    -- A bound outside the entries of a series needs no lookup of its totals.
    select s.inbox_id, s.operator_id, s.type,
      case when s.last_at < ${minuteOf(to)} then s.count else coalesce(t.count, 0) end - coalesce(f.count, 0),
      case when s.last_at < ${minuteOf(to)} then s.microseconds else coalesce(t.microseconds, 0) end
        - coalesce(f.microseconds, 0)
    from activity_series s
    left join lateral (
      select a.count, a.microseconds from activity_totals a
      where a.tenant_id = $1 and a.series_id = s.id and a.minute < ${minuteOf(to)} and s.last_at >= ${minuteOf(to)}
      order by a.minute desc limit 1) t on true
    left join lateral (
      select a.count, a.microseconds from activity_totals a
      where a.tenant_id = $1 and a.series_id = s.id and a.minute < ${minuteOf(from)} and s.first_at < ${from}
      order by a.minute desc limit 1) f on true
    where s.tenant_id = $1
    union all
    select s.inbox_id, s.operator_id, s.type, 1, coalesce(h.microseconds, 0)
    from events_before_in_minute($1, ${to}) e${SERIES}
    union all
    select s.inbox_id, s.operator_id, s.type, -1, -coalesce(h.microseconds, 0)
    from events_before_in_minute($1, ${from}) e${SERIES}
    union all
    select s.inbox_id, s.operator_id, s.type, 1, coalesce(h.microseconds, 0)
    from unfolded_events($1) e${SERIES}
    where e.occurred_at >= ${minuteOf(from)} and e.occurred_at < ${minuteOf(to)}
  ) c (inbox_id, operator_id, type, count, microseconds)
  group by c.inbox_id, c.operator_id, c.type)`;
}
