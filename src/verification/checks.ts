import { EXPIRY_BATCH } from '../deadlines/expire-grace-periods.js';
import { ACTIVITY_CHECKS } from './activity-checks.js';
import { CAPACITY_CHECKS } from './capacity-checks.js';
import { breach, warning, type Check } from './check.js';
import { FEED_CHECKS } from './feed-checks.js';
import { LEDGER_CHECKS } from './ledger-checks.js';

/** Of an operator with more than a batch, a job does the rest. That takes a moment, but no minute. */
const HAS_JUST_CHANGED = `o.updated_at > now() - interval '1 minute'`;
const HAS_JUST_LEFT_WITH_MANY = `o.last_status_change_at > now() - interval '1 minute' and (
  select count(*) from conversations h
  where h.tenant_id = $1 and h.assigned_operator_id = o.id and h.state = 'ALLOCATED') > ${EXPIRY_BATCH}`;

const absentWithoutGracePeriod = (since: string) => `
  select 'conversation' as subject, c.id,
    format('is with operator %s, who is OFFLINE without a grace period', o.id) as problem
  from operators o
  join conversations c on c.tenant_id = $1 and c.assigned_operator_id = o.id and c.state = 'ALLOCATED'
  where o.tenant_id = $1 and o.availability = 'OFFLINE' and ${since}
    and not exists (select 1 from deadlines g where g.tenant_id = $1 and g.conversation_id = c.id and g.kind = 'GRACE')`;

const heldByInactive = (since: string) => `
  select 'conversation' as subject, c.id, format('is with operator %s, who is deactivated', o.id) as problem
  from operators o
  join conversations c on c.tenant_id = $1 and c.assigned_operator_id = o.id
  where o.tenant_id = $1 and not o.is_active and ${since}`;

/** A conversation, its holder and its deadlines agree. */
const STATE_CHECKS: readonly Check[] = [
  breach(
    'operator-exactly-when-allocated',
    `select 'conversation' as subject, c.id,
      format('is %s with operator %s', c.state, coalesce(c.assigned_operator_id::text, 'nobody')) as problem
    from conversations c
    where c.tenant_id = $1 and (c.assigned_operator_id is not null) <> (c.state = 'ALLOCATED')`,
  ),
  breach(
    'resolved-at-exactly-when-resolved',
    `select 'conversation' as subject, c.id,
      format('is %s and resolved at %s', c.state, coalesce(c.resolved_at::text, 'no time')) as problem
    from conversations c
    where c.tenant_id = $1 and (c.resolved_at is not null) <> (c.state = 'RESOLVED')`,
  ),
  breach(
    'in-line-exactly-when-queued',
    `select 'conversation' as subject, c.id, format('is %s with queue_key %s, basis_at %s, saturated %s', c.state,
      coalesce(c.queue_key::text, 'null'), coalesce(c.basis_at::text, 'null'), coalesce(c.saturated::text, 'null')) as problem
    from conversations c
    where c.tenant_id = $1
      and num_nulls(c.queue_key, c.basis_at, c.saturated) <> case c.state when 'QUEUED' then 0 else 3 end`,
  ),
  breach(
    'deadline-of-the-holder',
    `select 'conversation' as subject, g.conversation_id as id, format('has a deadline %s of operator %s, but is %s',
      g.kind, g.operator_id, case when c.assigned_operator_id is null then coalesce(c.state, 'unknown')
        else 'with operator ' || c.assigned_operator_id end) as problem
    from deadlines g
    left join conversations c on c.tenant_id = $1 and c.id = g.conversation_id
    where g.tenant_id = $1
      and (c.state, c.assigned_operator_id) is distinct from ('ALLOCATED', g.operator_id)`,
  ),
  breach(
    'grace-period-only-while-offline',
    // The grace period would end at the end of this one, not at the end of the next absence.
    `select 'conversation' as subject, g.conversation_id as id,
      format('has a grace period of operator %s, who is %s', g.operator_id, o.availability) as problem
    from deadlines g
    join operators o on o.tenant_id = $1 and o.id = g.operator_id
    where g.tenant_id = $1 and g.kind = 'GRACE' and o.availability <> 'OFFLINE'`,
  ),
  breach(
    'park-deadline-of-parked',
    `select 'conversation' as subject, d.conversation_id as id, 'has a time until which it is parked, but is not parked' as problem
    from deadlines d
    join conversations c on c.tenant_id = $1 and c.id = d.conversation_id
    where d.tenant_id = $1 and d.kind = 'PARK' and not c.is_parked`,
  ),
  breach(
    'parked-only-when-allocated',
    `select 'conversation' as subject, c.id, format('is %s and parked', c.state) as problem
    from conversations c
    where c.tenant_id = $1 and c.is_parked and c.state <> 'ALLOCATED'`,
  ),
  breach(
    'reply-deadline-of-those-who-await-one',
    `select 'conversation' as subject, d.conversation_id as id, 'must be replied to, though nobody awaits a reply' as problem
    from deadlines d
    join conversations c on c.tenant_id = $1 and c.id = d.conversation_id
    where d.tenant_id = $1 and d.kind = 'REPLY' and c.awaiting_reply_since is null`,
  ),
  breach(
    'nobody-awaits-a-reply-when-resolved',
    `select 'conversation' as subject, c.id, format('is RESOLVED and awaits a reply since %s', c.awaiting_reply_since) as problem
    from conversations c
    where c.tenant_id = $1 and c.state = 'RESOLVED' and c.awaiting_reply_since is not null`,
  ),
  warning(
    'more-parked-than-allowed',
    // maxParked may have been lowered.
    `select 'operator' as subject, p.operator_id as id, format('has parked %s of at most %s conversations', p.parked, t.max_parked) as problem
    from tenants t
    cross join lateral (
      select c.assigned_operator_id as operator_id, count(*) as parked from conversations c
      where c.tenant_id = $1 and c.state = 'ALLOCATED' and c.is_parked
      group by c.assigned_operator_id) p
    where t.id = $1 and p.parked > t.max_parked`,
  ),
  breach('absent-holder-has-grace-period', absentWithoutGracePeriod(`not (${HAS_JUST_LEFT_WITH_MANY})`)),
  warning('absent-holder-gets-grace-period', absentWithoutGracePeriod(HAS_JUST_LEFT_WITH_MANY)),
  breach('inactive-operators-hold-nothing', heldByInactive(`not (${HAS_JUST_CHANGED})`)),
  warning('inactive-operators-are-being-released', heldByInactive(HAS_JUST_CHANGED)),
  breach(
    'inactive-operators-are-offline',
    `select 'operator' as subject, o.id, 'is deactivated, yet ' || o.availability as problem
    from operators o
    where o.tenant_id = $1 and not o.is_active and o.availability <> 'OFFLINE'`,
  ),
  warning(
    'nobody-absent-is-available',
    // The sweep comes every few seconds, and after an outage everybody has one more timeout.
    `select 'operator' as subject, o.id, format('is %s without a sign of life, present until %s', o.availability,
      coalesce(p.present_until::text, 'never')) as problem
    from tenants t
    join operators o on o.tenant_id = $1 and o.availability <> 'OFFLINE'
    left join operator_presence p on p.tenant_id = $1 and p.operator_id = o.id
    where t.id = $1 and t.presence_timeout_seconds is not null
      and coalesce(p.present_until, o.last_status_change_at) < now() - interval '1 minute'`,
  ),
  warning(
    'leavers-hold-something',
    // Possible for a moment, because the last conversation is gone before its holder is.
    `select 'operator' as subject, o.id, format('is %s, becomes %s when they hold nothing any more, and holds nothing',
      o.availability, o.next_status) as problem
    from operators o
    where o.tenant_id = $1 and o.next_status is not null and not exists (
      select 1 from conversations c
      where c.tenant_id = $1 and c.assigned_operator_id = o.id and c.state = 'ALLOCATED')`,
  ),
];

const QUEUE_CHECKS: readonly Check[] = [
  breach(
    'place-in-line',
    // A row past the cap can be unmarked until the sweep runs, but a row before the cap is never marked. This reads
    // clock_timestamp() because another transaction can mark a row after this one started. After a change of the
    // weights, keys above reranked_up_to are old, and nothing reads them.
    `select 'conversation' as subject, c.id,
      format('stands at %s since %s%s, the settings say %s since %s', c.queue_key, c.basis_at,
        case when c.saturated then ', past the cap' else '' end, k.queue_key, q.basis_at) as problem
    from tenants t
    join queue_settings s on s.tenant_id = $1
    join conversations c on c.tenant_id = $1 and c.state = 'QUEUED'
    cross join lateral (select queue_count(s.settings, c.message_count, c.waiting_message_count) as messages) n
    cross join lateral queue_position(s.settings, n.messages, c.boost_minutes, c.last_message_at, c.waiting_since) q
    cross join lateral (select
      queue_bonus(s.settings, n.messages) + queue_boost(s.settings, c.boost_minutes)
        - case when c.saturated then 0 else epoch_microseconds(q.basis_at) end as queue_key) k
    where t.id = $1 and (t.reranked_up_to is null or c.id <= t.reranked_up_to) and (c.basis_at <> q.basis_at or c.queue_key <> k.queue_key
      or c.saturated and epoch_microseconds(clock_timestamp()) - epoch_microseconds(c.basis_at) < queue_cap(s.settings))`,
  ),
  breach(
    'inbox-boosts-in-the-settings',
    `select 'inbox' as subject, i.id,
      format('has a boost of %s minutes, the queue counts %s', i.boost_minutes, inbox_boost(s.settings, i.id)) as problem
    from inboxes i
    join queue_settings s on s.tenant_id = $1
    where i.tenant_id = $1 and i.boost_minutes <> inbox_boost(s.settings, i.id)`,
  ),
  breach(
    'message-count-above-zero',
    `select 'conversation' as subject, c.id, format('has %s messages', c.message_count) as problem
    from conversations c
    where c.tenant_id = $1 and c.message_count <= 0`,
  ),
  breach(
    'waiting-messages-among-all',
    `select 'conversation' as subject, c.id,
      format('has %s messages since its customer began to wait, of %s', c.waiting_message_count, c.message_count) as problem
    from conversations c
    where c.tenant_id = $1 and c.message_count > 0
      and (c.waiting_message_count > c.message_count or c.state = 'QUEUED' and c.waiting_message_count < 1)`,
  ),
  breach(
    'waiting-since-a-message',
    `select 'conversation' as subject, c.id,
      format('waits since %s, after its last message at %s', c.waiting_since, c.last_message_at) as problem
    from conversations c
    where c.tenant_id = $1 and c.waiting_since > c.last_message_at`,
  ),
];

const DISTRIBUTION_CHECKS: readonly Check[] = [
  warning(
    'waiting-beside-somebody-eligible',
    // Possible for a moment, after freed capacity is committed. Who was given their share of the backlog is not named.
    `select 'conversation' as subject, c.id,
      format('waits in inbox %s, which pushes, though operator %s is eligible', i.id, e.id) as problem
    from tenants t
    join inboxes i on i.tenant_id = t.id and i.distribution <> 'PULL'
    cross join lateral (
      select array_agg(e.operator_id) as operators
      from (
        select x.operator_id, x.weight, o.backlog_given_at, max(x.weight) over () as highest
        from eligible_operators($1, i.id) x
        join operators o on o.tenant_id = $1 and o.id = x.operator_id) e
      where t.backlog_per_minute is null or given_lately(e.backlog_given_at, now() - interval '30 seconds')
        < backlog_share(t.backlog_per_minute, i.distribution, e.weight, e.highest)) free
    join conversations c on c.tenant_id = $1 and c.inbox_id = i.id and c.state = 'QUEUED'
    cross join lateral (
      select e.id from unnest(free.operators) as e (id)
      where c.declined_until is null or c.declined_until <= now()
        or e.id <> all (declining_operators($1, c.id, c.inbox_id))
      limit 1) e
    where t.id = $1`,
  ),
  breach(
    'declines-before-declined-until',
    // Nobody would look for the decline.
    `select 'conversation' as subject, c.id, format('was declined by operator %s until %s, but says until %s',
      d.operator_id, d.declined_until, coalesce(c.declined_until::text, 'never')) as problem
    from declines d
    join conversations c on c.tenant_id = $1 and c.id = d.conversation_id
    where d.tenant_id = $1 and d.declined_until > coalesce(c.declined_until, '-infinity')`,
  ),
];

/** Checks that a column refers to a row of the same tenant. */
function reference(table: string, id: string, subject: string, column: string, target: string): Check {
  return breach(
    `${table}-${column.replace(/_id$/, '')}-in-tenant`.replaceAll('_', '-'),
    `select '${subject}' as subject, r.${id} as id,
      format('${table}.${column} is %s, which is not in this tenant', r.${column}) as problem
    from ${table} r
    where r.tenant_id = $1 and r.${column} is not null
      and not exists (select 1 from ${target} x where x.tenant_id = $1 and x.id = r.${column})`,
  );
}

const TENANCY_CHECKS: readonly Check[] = [
  reference('conversations', 'id', 'conversation', 'inbox_id', 'inboxes'),
  reference('conversations', 'id', 'conversation', 'origin_inbox_id', 'inboxes'),
  reference('conversations', 'id', 'conversation', 'last_operator_id', 'operators'),
  reference('conversations', 'id', 'conversation', 'assigned_operator_id', 'operators'),
  reference('conversations', 'id', 'conversation', 'lead_id', 'leads'),
  reference('leads', 'id', 'lead', 'merged_into_id', 'leads'),
  reference('lead_keys', 'lead_id', 'lead', 'lead_id', 'leads'),
  reference('deadlines', 'conversation_id', 'conversation', 'conversation_id', 'conversations'),
  reference('deadlines', 'conversation_id', 'conversation', 'operator_id', 'operators'),
  reference('operator_presence', 'operator_id', 'operator', 'operator_id', 'operators'),
  reference('declines', 'conversation_id', 'conversation', 'conversation_id', 'conversations'),
  reference('declines', 'conversation_id', 'conversation', 'operator_id', 'operators'),
  reference('subscriptions', 'operator_id', 'operator', 'inbox_id', 'inboxes'),
  reference('subscriptions', 'operator_id', 'operator', 'operator_id', 'operators'),
  reference('labels', 'id', 'label', 'inbox_id', 'inboxes'),
  reference('conversation_labels', 'conversation_id', 'conversation', 'conversation_id', 'conversations'),
  reference('conversation_labels', 'conversation_id', 'conversation', 'label_id', 'labels'),
  breach(
    'labels-of-the-own-inbox',
    `select 'conversation' as subject, a.conversation_id as id,
      format('is in inbox %s, but has label %s of inbox %s', c.inbox_id, l.id, l.inbox_id) as problem
    from conversation_labels a
    join conversations c on c.tenant_id = $1 and c.id = a.conversation_id
    join labels l on l.tenant_id = $1 and l.id = a.label_id
    where a.tenant_id = $1 and l.inbox_id <> c.inbox_id`,
  ),
];

/** A merged lead has given everything away. */
const LEAD_CHECKS: readonly Check[] = [
  breach(
    'merged-leads-have-no-keys',
    `select 'lead' as subject, l.id, format('was merged into %s, but has a key of kind %s', l.merged_into_id, k.kind) as problem
    from lead_keys k
    join leads l on l.tenant_id = $1 and l.id = k.lead_id
    where k.tenant_id = $1 and l.merged_into_id is not null`,
  ),
  breach(
    'merged-leads-have-no-conversations',
    `select 'conversation' as subject, c.id,
      format('has lead %s, which was merged into %s', l.id, l.merged_into_id) as problem
    from conversations c
    join leads l on l.tenant_id = $1 and l.id = c.lead_id
    where c.tenant_id = $1 and l.merged_into_id is not null and not l.is_merging`,
  ),
];

/** The search by parts finds every conversation, at the latest when the backlog is done. */
const SEARCH_CHECKS: readonly Check[] = [
  breach(
    'search-knows-every-conversation',
    `select 'conversation' as subject, c.id, 'is neither in search_texts nor in search_backlog' as problem
    from conversations c
    where c.tenant_id = $1
      and not exists (select 1 from search_texts t where t.tenant_id = $1 and t.conversation_id = c.id)
      and not exists (
        select 1 from search_backlog b cross join lateral unnest(b.conversation_ids) as u (id)
        where b.tenant_id = $1 and u.id = c.id)`,
  ),
];

export const CHECKS: readonly Check[] = [
  ...STATE_CHECKS,
  ...CAPACITY_CHECKS,
  ...QUEUE_CHECKS,
  ...DISTRIBUTION_CHECKS,
  ...LEDGER_CHECKS,
  ...FEED_CHECKS,
  ...ACTIVITY_CHECKS,
  ...TENANCY_CHECKS,
  ...LEAD_CHECKS,
  ...SEARCH_CHECKS,
];
