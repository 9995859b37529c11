import { breach, type Check } from './check.js';

/** The feed has every ledger entry once, and the entries of a conversation in the order of its versions. */
export const FEED_CHECKS: readonly Check[] = [
  breach(
    'feed-holds-every-entry-once',
    `with waiting as (
      select u.id from feed_backlog b cross join lateral unnest(b.event_ids) as u (id) where b.tenant_id = $1
    ), place as (
      select p.event_id as id from feed_positions p where p.tenant_id = $1
      union all
      select w.id from waiting w)
    select 'entry' as subject, coalesce(e.id, n.id) as id,
      format('has %s positions in the feed', case when e.id is null then 'no entry but ' || n.places else coalesce(n.places, 0)::text end)
        as problem
    from (select e.id from conversation_events e where e.tenant_id = $1) e
    full join (select p.id, count(*) as places from place p group by p.id) n on n.id = e.id
    where e.id is null or n.places is distinct from 1`,
  ),
  breach(
    'feed-without-gaps',
    `select 'entry' as subject, p.event_id as id, format('has place %s of the feed, the one before has %s', p.position, p.before)
        as problem
    from (
      select p.event_id, p.position, lag(p.position, 1, 0::bigint) over (order by p.position) as before
      from feed_positions p where p.tenant_id = $1) p
    where p.position <> p.before + 1`,
  ),
  breach(
    'feed-in-order-of-versions',
    `select 'conversation' as subject, o.conversation_id as id,
      format('has version %s at place %s of the feed, behind version %s', o.version, o.position, o.before) as problem
    from (
      select e.conversation_id, e.version, p.position,
        lag(e.version) over (partition by e.conversation_id order by p.position) as before
      from feed_positions p
      join conversation_events e on e.tenant_id = $1 and e.id = p.event_id
      where p.tenant_id = $1 and e.conversation_id is not null) o
    where o.version < o.before`,
  ),
];
