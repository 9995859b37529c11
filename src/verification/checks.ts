import { ACTIVITY_CHECKS } from './activity-checks.js';
import { CAPACITY_CHECKS } from './capacity-checks.js';
import { breach, warning, type Check } from './check.js';
import { FEED_CHECKS } from './feed-checks.js';
import { INBOX_CHECKS } from './inbox-checks.js';
import { LEDGER_CHECKS } from './ledger-checks.js';
import { STATE_CHECKS } from './state-checks.js';
import { WAIT_CHECKS } from './wait-checks.js';

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

/** Lists by a label have the order of its copies. */
const LABEL_CHECKS: readonly Check[] = [
  breach(
    'last-message-as-at-labels',
    `select 'conversation' as subject, a.conversation_id as id,
      format('has its last message at %s, its label %s says %s', c.last_message_at, a.label_id, a.last_message_at) as problem
    from conversation_labels a
    join conversations c on c.tenant_id = $1 and c.id = a.conversation_id
    where a.tenant_id = $1 and a.last_message_at <> c.last_message_at`,
  ),
];

/** A merged lead has given everything away, and an erased one has nothing. */
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
  breach(
    'erased-leads-have-nothing',
    `select 'lead' as subject, l.id, 'was erased, but has a key or a conversation' as problem
    from leads l
    where l.tenant_id = $1 and l.erased_at is not null and (
      exists (select 1 from lead_keys k where k.tenant_id = $1 and k.lead_id = l.id)
      or exists (select 1 from conversations c where c.tenant_id = $1 and c.lead_id = l.id))`,
  ),
  breach(
    'erased-conversations-have-no-customer',
    `select 'conversation' as subject, c.id, 'was erased, but has something of a customer' as problem
    from conversations c
    where c.tenant_id = $1 and c.external_conversation_id = erased_thread(c.id) and (
      coalesce(c.customer_phone_number, c.phone_key, c.customer_address, c.display_name, c.subject) is not null
      or c.lead_id is not null
      or exists (select 1 from former_phone_keys f where f.tenant_id = $1 and f.conversation_id = c.id)
      or exists (
        select 1 from conversation_events e
        where e.tenant_id = $1 and e.conversation_id = c.id and e.external_conversation_id <> c.external_conversation_id))`,
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
  ...INBOX_CHECKS,
  ...LEDGER_CHECKS,
  ...WAIT_CHECKS,
  ...FEED_CHECKS,
  ...ACTIVITY_CHECKS,
  ...TENANCY_CHECKS,
  ...LABEL_CHECKS,
  ...LEAD_CHECKS,
  ...SEARCH_CHECKS,
];
