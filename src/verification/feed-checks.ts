import { breach, type Check } from './check.js';

/** Entries that a reader of the feed will give a position. */
export const WAITING_FOR_POSITION = `
  select u.id from feed_backlog b cross join lateral unnest(b.event_ids) as u (id) where b.tenant_id = $1`;

/** Where the feed begins. Entries from before it were taken out (FEED_RETENTION_DAYS) and have no position any more. */
export const FIRST_POSITION = `(select coalesce(min(p.position), 1) from feed_positions p where p.tenant_id = $1)`;

/** The feed has every ledger entry once, and the entries of a conversation in the order of its versions. */
export const FEED_CHECKS: readonly Check[] = [
  breach(
    'feed-holds-every-entry-once',
    `with place as (
      select p.event_id as id from feed_positions p where p.tenant_id = $1
      union all
      select w.id from (${WAITING_FOR_POSITION}) w
    ), wrong as materialized (
      select coalesce(e.id, n.id) as id, e.id is not null as is_entry, coalesce(n.places, 0) as places
      from (select e.id from conversation_events e where e.tenant_id = $1) e
      full join (select p.id, count(*) as places from place p group by p.id) n on n.id = e.id
      where e.id is null or n.places is distinct from 1)
    select 'entry' as subject, w.id,
      format('has %s positions in the feed', case when w.is_entry then w.places::text else 'no entry but ' || w.places end)
        as problem
    from wrong w
    where w.places > 0 or (select count(*) from wrong n where n.places = 0) <> ${FIRST_POSITION} - 1`,
  ),
  breach(
    'feed-without-gaps',
    `select 'entry' as subject, p.event_id as id, format('has place %s of the feed, the one before has %s', p.position, p.before)
        as problem
    from (
      -- As many positions were taken away in front of the first one as entries have none.
      select p.event_id, p.position, lag(p.position, 1, least(p.position - 1, greatest(n.entries - n.places, 0)))
        over (order by p.position) as before
      from feed_positions p
      cross join (
        select (select count(*) from conversation_events e where e.tenant_id = $1) as entries,
          (select count(*) from feed_positions p where p.tenant_id = $1)
            + (select count(*) from (${WAITING_FOR_POSITION}) w) as places) n
      where p.tenant_id = $1) p
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
