import { LOWEST_ID } from '../database/id.js';
import { breach, type Check } from './check.js';
import { FIRST_POSITION, WAITING_FOR_POSITION } from './feed-checks.js';

/** The folded part of the ledger: up to a position, with what the feed had before its first one. */
const FOLDED_ENTRIES = `
    folded_up_to f
    join conversation_events e on e.tenant_id = $1
    left join feed_positions p on p.tenant_id = $1 and p.event_id = e.id
    left join (${WAITING_FOR_POSITION}) w on w.id = e.id
    cross join (select ${FIRST_POSITION} > 1 as was_cut) c`;
const IS_FOLDED = `f.tenant_id = $1 and coalesce(p.position <= f.position, c.was_cut and w.id is null)`;

/** Counts the folded part of the ledger again by series and minute. */
const FOLDED = `
  folded as materialized (
    select s.inbox_id, s.operator_id, s.type, date_trunc('minute', e.occurred_at, 'UTC') as minute, count(*) as count,
      coalesce(sum(h.microseconds), 0) as microseconds, min(e.occurred_at) as first_at, max(e.occurred_at) as last_at
    from ${FOLDED_ENTRIES}
    cross join lateral activity_series_of(e.type, e.outcome, e.inbox_id, e.from_operator_id, e.to_operator_id) s
    cross join lateral microseconds_held(
      $1, e.type, e.conversation_id, e.version, e.from_operator_id, e.occurred_at) h
    where ${IS_FOLDED}
    group by s.inbox_id, s.operator_id, s.type, minute)`;

/** The subject of a series. */
const SUBJECT = `case when operator_id = '${LOWEST_ID}' then 'inbox' else 'operator' end as subject,
  case when operator_id = '${LOWEST_ID}' then inbox_id else operator_id end as id`;

/** The statistics agree with the ledger and with the current state. */
export const ACTIVITY_CHECKS: readonly Check[] = [
  breach(
    'queue-depth-as-counted',
    `select 'inbox' as subject, coalesce(d.inbox_id, c.inbox_id) as id,
      format('is told to have %s waiting, but has %s', coalesce(d.depth, 0), coalesce(c.depth, 0)) as problem
    from current_queue_depths($1) d
    full join (
      select c.inbox_id, count(*) as depth from conversations c
      where c.tenant_id = $1 and c.state = 'QUEUED'
      group by c.inbox_id) c on c.inbox_id = d.inbox_id
    where coalesce(d.depth, 0) <> coalesce(c.depth, 0)`,
  ),
  breach(
    'activity-as-in-the-ledger',
    `with ${FOLDED}, counted as (
      select f.inbox_id, f.operator_id, f.type, sum(f.count) as count, sum(f.microseconds) as microseconds,
        min(f.first_at) as first_at, max(f.last_at) as last_at
      from folded f group by f.inbox_id, f.operator_id, f.type)
    select ${SUBJECT}, format('has %s %s in %s µs from %s to %s, but in the ledger %s in %s µs from %s to %s',
      coalesce(s.count, 0), type, s.microseconds, s.first_at, s.last_at, coalesce(c.count, 0), c.microseconds, c.first_at,
      c.last_at) as problem
    from (select s.* from activity_series s where s.tenant_id = $1) s
    full join counted c using (inbox_id, operator_id, type)
    where (s.count, s.microseconds, s.first_at, s.last_at)
      is distinct from (c.count::integer, c.microseconds::bigint, c.first_at, c.last_at)`,
  ),
  breach(
    'activity-by-minute-as-in-the-ledger',
    `with ${FOLDED}, counted as (
      select f.inbox_id, f.operator_id, f.type, f.minute, sum(f.count) over w as count,
        sum(f.microseconds) over w as microseconds
      from folded f window w as (partition by f.inbox_id, f.operator_id, f.type order by f.minute)
    ), stored as (
      select s.inbox_id, s.operator_id, s.type, t.minute, t.count, t.microseconds
      from activity_totals t
      join activity_series s on s.tenant_id = $1 and s.id = t.series_id
      where t.tenant_id = $1)
    select ${SUBJECT}, format('has %s %s in %s µs up to the minute of %s, but in the ledger %s in %s µs',
      coalesce(s.count, 0), type, s.microseconds, minute, coalesce(c.count, 0), c.microseconds) as problem
    from stored s
    full join counted c using (inbox_id, operator_id, type, minute)
    where (s.count, s.microseconds) is distinct from (c.count::integer, c.microseconds::bigint)`,
  ),
  breach(
    'resolution-times-as-in-the-ledger',
    `with counted as (
      select e.id as event_id, e.from_operator_id as operator_id, e.occurred_at as resolved_at, h.microseconds
      from ${FOLDED_ENTRIES}
      cross join lateral microseconds_held(
        $1, e.type, e.conversation_id, e.version, e.from_operator_id, e.occurred_at) h
      where ${IS_FOLDED} and h.microseconds is not null)
    select 'operator' as subject, operator_id as id, format('resolved in %s µs at %s, but in the ledger in %s µs',
      coalesce(r.microseconds::text, 'no'), resolved_at, coalesce(c.microseconds::text, 'no')) as problem
    from (select r.* from resolution_times r where r.tenant_id = $1) r
    full join counted c using (operator_id, resolved_at, event_id)
    where r.microseconds is distinct from c.microseconds`,
  ),
  breach(
    'waits-as-in-the-ledger',
    `with counted as (
      select e.id as event_id, e.inbox_id, e.occurred_at as ended_at, e.to_state = 'ALLOCATED' as is_given,
        microseconds_waited($1, e.conversation_id, e.version, e.occurred_at, e.waiting_since) as microseconds
      from ${FOLDED_ENTRIES}
      where ${IS_FOLDED} and e.from_state = 'QUEUED' and e.to_state in ('ALLOCATED', 'RESOLVED'))
    select 'inbox' as subject, inbox_id as id, format('has a wait that ended at %s after %s µs (given: %s), but in the ledger after %s µs (given: %s)',
      ended_at, coalesce(w.microseconds::text, 'no'), w.is_given, coalesce(c.microseconds::text, 'no'), c.is_given) as problem
    from (select w.* from ended_waits w where w.tenant_id = $1) w
    full join counted c using (inbox_id, ended_at, event_id)
    where (w.microseconds, w.is_given) is distinct from (c.microseconds, c.is_given)`,
  ),
  breach(
    'first-reply-of-a-conversation',
    `select 'conversation' as subject, r.conversation_id as id,
      format('has a first reply of %s, but was last replied to at %s', r.replied_at, c.last_reply_at) as problem
    from first_replies r
    left join conversations c on c.tenant_id = $1 and c.id = r.conversation_id
    where r.tenant_id = $1 and (c.last_reply_at >= r.replied_at) is not true`,
  ),
];
