import { sql } from '../database/statement.js';

/** The last hour is told in intervals of five minutes. */
export const INTERVAL_SECONDS = 300;
export const INTERVALS = 12;

/**
 * What arrived, was given and was resolved in each inbox of tenant $1 since $2, by intervals of $3 seconds, from the entries
 * of the ledger. `waits` are those of what was given, in seconds: from when the customer began to wait. A conversation that
 * was reopened since has lost when its wait began, and has none.
 */
export const BOARD_HOUR = sql`
  select e.inbox_id, floor(extract(epoch from e.occurred_at - $2::timestamptz) / $3::integer)::integer as slot,
    count(*) filter (where e.from_state is distinct from 'QUEUED' and e.to_state = 'QUEUED'
      and e.from_state is distinct from 'ALLOCATED')::integer as arrivals,
    count(*) filter (where e.from_state = 'QUEUED' and e.to_state = 'ALLOCATED')::integer as given,
    count(*) filter (where e.to_state = 'RESOLVED' and e.from_state <> 'RESOLVED')::integer as resolved,
    coalesce(array_agg(extract(epoch from e.occurred_at - c.waiting_since)::double precision)
      filter (where c.waiting_since <= e.occurred_at), '{}') as waits
  from (
    select l.* from conversation_events l
    where l.tenant_id = $1 and l.occurred_at > '-infinity' and l.occurred_at >= $2
    order by l.occurred_at) e
  left join lateral (
    select c.waiting_since from conversations c
    where c.tenant_id = $1 and c.id = e.conversation_id and e.from_state = 'QUEUED' and e.to_state = 'ALLOCATED') c on true
  where e.conversation_id is not null
  group by e.inbox_id, slot`;

export interface BoardHourRow {
  inbox_id: string;
  /** The number of the interval, from 0. */
  slot: number;
  arrivals: number;
  given: number;
  resolved: number;
  waits: number[];
}
