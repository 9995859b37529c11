/**
 * A common table expression of a statement for tenant $1: the waits that ended from $2 to just before $3, in inbox $4 or,
 * with null, in all. Exact at any moment, as all statistics. `offset 0` makes it one range of the key for each inbox,
 * whatever row count the planner expects.
 */
export const ENDED_WAITS = `
  ended as materialized (
    select i.id as inbox_id, w.ended_at, w.is_given, w.microseconds
    from inboxes i
    cross join lateral (
      select w.ended_at, w.is_given, w.microseconds from ended_waits w
      where w.tenant_id = $1 and w.inbox_id = i.id and w.ended_at >= $2::timestamptz and w.ended_at < $3::timestamptz
      offset 0) w
    where i.tenant_id = $1 and ($4::uuid is null or i.id = $4)
    union all
    select e.inbox_id, e.occurred_at, e.to_state = 'ALLOCATED',
      microseconds_waited($1, e.conversation_id, e.version, e.occurred_at, e.waiting_since)
    from unfolded_events($1) e
    where e.from_state = 'QUEUED' and e.to_state in ('ALLOCATED', 'RESOLVED')
      and e.occurred_at >= $2::timestamptz and e.occurred_at < $3::timestamptz and ($4::uuid is null or e.inbox_id = $4)
  )`;
