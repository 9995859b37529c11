import { breach, type Check } from './check.js';

/** The waits of each conversation, with how often each was reported as overdue. A wait is `is_current` until the next. */
const WAITS = `
  select w.conversation_id, w.wait = max(w.wait) over (partition by w.conversation_id) as is_current, w.reported
  from (
    select e.conversation_id, e.wait, count(*) filter (where e.type = 'conversation.overdue') as reported
    from (
      select e.conversation_id, e.type,
        count(*) filter (where e.type <> 'conversation.overdue') over (partition by e.conversation_id order by e.version) as wait
      from conversation_events e
      where e.tenant_id = $1
        and e.type in ('conversation.created', 'conversation.reopened', 'conversation.overdue')) e
    group by e.conversation_id, e.wait) w`;

/** Each wait that becomes longer than the target of its inbox is reported once, and so is each time an inbox is unattended. */
export const WAIT_CHECKS: readonly Check[] = [
  breach(
    'overdue-once-a-wait',
    `select 'conversation' as subject, w.conversation_id as id,
      format('was reported as overdue %s times in one wait', w.reported) as problem
    from (${WAITS}) w
    where w.reported > 1`,
  ),
  breach(
    'overdue-as-recorded',
    `select 'conversation' as subject, c.id, format('is marked as %s, but its ledger says %s',
      case when c.is_overdue then 'reported as overdue' else 'not overdue' end,
      case when coalesce(w.reported, 0) > 0 then 'it is' else 'it is not' end) as problem
    from conversations c
    left join (${WAITS}) w on w.conversation_id = c.id and w.is_current
    where c.tenant_id = $1 and c.is_overdue <> (coalesce(w.reported, 0) > 0)`,
  ),
  breach(
    'unattended-as-recorded',
    `select 'inbox' as subject, i.id, format('is marked as %s, but its ledger says %s',
      case when u.reported_at is null then 'not unattended' else 'unattended since ' || u.since end, coalesce(e.type, 'nothing'))
      as problem
    from inboxes i
    left join unattended_inboxes u on u.tenant_id = $1 and u.inbox_id = i.id
    left join (
      select distinct on (e.inbox_id) e.inbox_id, e.type from conversation_events e
      where e.tenant_id = $1 and e.type in ('inbox.unattended', 'inbox.attended')
      order by e.inbox_id, e.occurred_at desc, e.id desc) e on e.inbox_id = i.id
    where i.tenant_id = $1 and (u.reported_at is not null) <> (e.type is not distinct from 'inbox.unattended')`,
  ),
  breach(
    'unattended-in-turn',
    `select 'inbox' as subject, e.inbox_id as id, format('was reported as %s twice in a row', e.type) as problem
    from (
      select e.inbox_id, e.type,
        lag(e.type, 1, 'inbox.attended') over (partition by e.inbox_id order by e.occurred_at, e.id) as before
      from conversation_events e
      where e.tenant_id = $1 and e.type in ('inbox.unattended', 'inbox.attended')) e
    where e.type = e.before`,
  ),
  // One that is still open may have been passed by: nobody folds for who has not asked for a week.
  breach(
    'outlooks-end-as-in-the-ledger',
    `select 'conversation' as subject, o.conversation_id as id,
      format('has an outlook that ended at %s, but by its ledger it left the queue %s', o.ended_at,
        coalesce('at ' || e.occurred_at, 'never')) as problem
    from outlooks o
    left join lateral (
      select e.occurred_at, e.to_state from conversation_events e
      where e.tenant_id = $1 and e.conversation_id = o.conversation_id and e.version > o.version
        and e.from_state = 'QUEUED' and e.to_state <> 'QUEUED'
      order by e.version limit 1) e on true
    where o.tenant_id = $1 and o.ended_at is not null
      and (o.ended_at is distinct from e.occurred_at
        or (o.actual_seconds is not null) <> (e.to_state is not distinct from 'ALLOCATED'))`,
  ),
];
