import { STATES, TRANSITIONS, type State, type Transition } from '../ledger/state-machine.js';
import { breach, type Check } from './check.js';

/** Each ledger entry of the tenant with the previous entry of its conversation. */
const STORY = `
  select e.conversation_id, e.version, e.type, e.from_state, e.from_operator_id, e.from_inbox_id,
    e.to_state, lag(e.version) over story as before,
    lag(e.to_state) over story as state, lag(e.to_operator_id) over story as operator_id,
    lag(e.to_inbox_id) over story as inbox_id
  from conversation_events e
  where e.tenant_id = $1 and e.conversation_id is not null
  window story as (partition by e.conversation_id order by e.version)`;

/** Every transition has exactly one entry, and replaying the ledger gives the current state. */
export const LEDGER_CHECKS: readonly Check[] = [
  breach(
    'ledger-counts-every-transition',
    `select 'conversation' as subject, c.id, format('has version %s, but its ledger %s', c.version,
      case when e.conversation_id is null then 'is empty'
        else format('has %s entries of %s versions from %s to %s', e.entries, e.versions, e.first, e.last) end) as problem
    from conversations c
    left join (
      select e.conversation_id, count(*) as entries, count(distinct e.version) as versions, min(e.version) as first,
        max(e.version) as last
      from conversation_events e
      where e.tenant_id = $1 and e.conversation_id is not null
      group by e.conversation_id) e on e.conversation_id = c.id
    where c.tenant_id = $1 and (e.entries, e.versions, e.first, e.last)
      is distinct from (c.version::bigint, c.version::bigint, 1, c.version)`,
  ),
  breach(
    'ledger-begins-with-created',
    `select 'conversation' as subject, e.conversation_id as id,
      format('has %s as version %s', e.type, e.version) as problem
    from conversation_events e
    where e.tenant_id = $1 and e.conversation_id is not null
      and (e.type = '${TRANSITIONS.create.event}') <> (e.version = 1)`,
  ),
  breach(
    'ledger-without-gaps',
    `select 'conversation' as subject, s.conversation_id as id,
      format('version %s begins %s with operator %s in inbox %s, but the one before ended %s with operator %s in inbox %s',
        s.version, coalesce(s.from_state, 'nowhere'), coalesce(s.from_operator_id::text, 'nobody'),
        coalesce(s.from_inbox_id::text, 'none'), coalesce(s.state, 'nowhere'),
        coalesce(s.operator_id::text, 'nobody'), coalesce(s.inbox_id::text, 'none')) as problem
    from (${STORY}) s
    where (s.from_state, s.from_operator_id, s.from_inbox_id) is distinct from (s.state, s.operator_id, s.inbox_id)`,
  ),
  breach(
    'ledger-follows-the-state-machine',
    `select 'conversation' as subject, e.conversation_id as id, format('version %s is %s from %s to %s, which is not allowed',
      e.version, e.type, coalesce(e.from_state, 'nothing'), coalesce(e.to_state, 'nothing')) as problem
    from conversation_events e
    where e.tenant_id = $1 and e.conversation_id is not null
      and not exists (
        select 1 from (values ${allowedTransitions()}) as allowed (type, from_state, to_state)
        where allowed.type = e.type and allowed.to_state = e.to_state
          and allowed.from_state is not distinct from e.from_state)`,
  ),
  breach(
    'ledger-replays-to-the-present',
    `select 'conversation' as subject, c.id,
      format('is %s with operator %s in inbox %s by event %s, but its ledger says %s with operator %s in inbox %s by event %s',
        c.state, coalesce(c.assigned_operator_id::text, 'nobody'), c.inbox_id, c.last_event_id,
        coalesce(e.to_state, 'nothing'), coalesce(e.to_operator_id::text, 'nobody'),
        coalesce(e.to_inbox_id::text, 'none'), coalesce(e.id::text, 'none')) as problem
    from conversations c
    left join conversation_events e on e.tenant_id = $1 and e.conversation_id = c.id and e.version = c.version
    where c.tenant_id = $1 and (c.state, c.assigned_operator_id, c.inbox_id, c.last_event_id)
      is distinct from (e.to_state, e.to_operator_id, e.to_inbox_id, e.id)`,
  ),
  breach(
    'outcome-as-recorded',
    `select 'conversation' as subject, c.id, format('is %s with the outcome %s, but its last resolution has %s', c.state,
      coalesce(c.outcome, 'none'), coalesce(e.outcome, 'none')) as problem
    from conversations c
    left join (
      select distinct on (e.conversation_id) e.conversation_id, e.outcome
      from conversation_events e
      where e.tenant_id = $1 and e.type = '${TRANSITIONS.resolve.event}'
      order by e.conversation_id, e.version desc) e on e.conversation_id = c.id
    where c.tenant_id = $1 and c.outcome is distinct from case c.state when 'RESOLVED' then e.outcome end`,
  ),
  breach(
    'ledger-tells-of-known-conversations',
    `select 'conversation' as subject, e.conversation_id as id,
      format('has version %s in the ledger, but does not exist in this tenant', e.version) as problem
    from conversation_events e
    where e.tenant_id = $1 and e.conversation_id is not null
      and not exists (select 1 from conversations c where c.tenant_id = $1 and c.id = e.conversation_id)`,
  ),
  breach(
    'ledger-operator-exactly-when-allocated',
    `select 'conversation' as subject, e.conversation_id as id,
      format('version %s leads from %s with operator %s to %s with operator %s', e.version,
        coalesce(e.from_state, 'nowhere'), coalesce(e.from_operator_id::text, 'nobody'),
        e.to_state, coalesce(e.to_operator_id::text, 'nobody')) as problem
    from conversation_events e
    where e.tenant_id = $1 and e.conversation_id is not null
      and ((e.to_operator_id is not null) <> (e.to_state = 'ALLOCATED')
        or (e.from_operator_id is not null) <> (e.from_state is not distinct from 'ALLOCATED'))`,
  ),
  breach(
    'ledger-names-its-conversation',
    `select 'conversation' as subject, c.id,
      format('version %s calls it %s in inbox %s', e.version, e.external_conversation_id, e.inbox_id) as problem
    from conversation_events e
    join conversations c on c.tenant_id = $1 and c.id = e.conversation_id
    where e.tenant_id = $1 and (e.external_conversation_id, e.inbox_id)
      is distinct from (c.external_conversation_id, e.to_inbox_id)`,
  ),
  breach(
    'ledger-operators-in-tenant',
    // The ledger has no foreign keys, because writing it is on the hot path. Rows that it refers to are never deleted.
    `select 'operator' as subject, n.id, 'is named in the ledger, but is not in this tenant' as problem
    from (
      select e.from_operator_id as id from conversation_events e where e.tenant_id = $1
      union select e.to_operator_id from conversation_events e where e.tenant_id = $1
      union select e.actor_id::uuid from conversation_events e where e.tenant_id = $1 and e.actor_type = 'OPERATOR') n
    where n.id is not null and not exists (select 1 from operators o where o.tenant_id = $1 and o.id = n.id)`,
  ),
  breach(
    'ledger-inboxes-in-tenant',
    `select 'inbox' as subject, n.id, 'is named in the ledger, but is not in this tenant' as problem
    from (
      select e.from_inbox_id as id from conversation_events e where e.tenant_id = $1
      union select e.to_inbox_id from conversation_events e where e.tenant_id = $1) n
    where n.id is not null and not exists (select 1 from inboxes i where i.tenant_id = $1 and i.id = n.id)`,
  ),
  breach(
    'availability-as-recorded',
    // A change of the status writes the same time to the operator and to the ledger. An operator whose status never
    // changed has no entry.
    `select 'operator' as subject, o.id, format('is %s since %s, but the ledger says %s since %s', o.availability,
      o.last_status_change_at, coalesce(replace(e.type, 'operator.', ''), 'nothing'), e.occurred_at) as problem
    from operators o
    left join (
      select distinct on (e.to_operator_id) e.to_operator_id, e.type, e.occurred_at
      from conversation_events e
      where e.tenant_id = $1 and e.conversation_id is null
      order by e.to_operator_id, e.occurred_at desc, e.id desc) e on e.to_operator_id = o.id
    where o.tenant_id = $1 and (e.type, e.occurred_at)
      is distinct from ('operator.' || lower(o.availability), o.last_status_change_at)
      and (e.type is not null or o.last_status_change_at <> o.created_at)
      -- Of two concurrent changes, the one that began first can have committed second.
      and not exists (
        select 1 from conversation_events l
        where l.tenant_id = $1 and l.conversation_id is null and l.to_operator_id = o.id
          and (l.type, l.occurred_at) = ('operator.' || lower(o.availability), o.last_status_change_at))`,
  ),
];

/** The table of transitions as SQL rows: type, state before, state after. */
function allowedTransitions(): string {
  const { create, ...later } = TRANSITIONS;
  const rows = Object.values(later).flatMap(({ event, to, from }: Transition) => {
    const starts = STATES.filter((state) => Object.values(from).some((states) => states.includes(state)));
    const ends = (state: State) => (typeof to === 'string' ? [to] : to[state]);
    return starts.flatMap((start) => ends(start).map((end) => `('${event}', '${start}', '${end}')`));
  });
  return [`('${create.event}', null, '${create.to}')`, ...rows].join(', ');
}
