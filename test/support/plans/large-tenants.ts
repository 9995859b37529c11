import { searchableText } from '../../../src/search/searchable-text.js';
import { trigramsOf } from '../../../src/search/trigrams.js';
import type { TestDatabase } from '../database.js';

export const CONVERSATIONS = 100_000;
const OF_THE_LARGE_ONE = 60_000;
const OTHER_TENANTS = 8;

export interface Large {
  tenantId: string;
  inboxes: string[];
  /** Operators who hold conversations. Those of OFFLINE operators have grace periods. */
  operators: string[];
  webhookId: string;
}

/** An id in the order of time, like the service's. */
const idAt = (time: string, seed: string) => `(
  lpad(to_hex((extract(epoch from ${time}) * 1000)::bigint), 12, '0') || '7' || substr(md5(${seed}), 1, 3) || '8'
  || substr(md5(${seed}), 4, 15))::uuid`;

/**
 * Inserts the rows of months of work, of one large tenant and some others. Takes a few seconds, since it is set-based.
 */
export async function fillTables({ owner }: TestDatabase, large: Large): Promise<void> {
  // Foreign keys hold by construction, so skip their checks.
  await owner.query('set session_replication_role = replica');
  for (const text of [OTHERS, PLACES(large), CONVERSATION_ROWS, LEDGER(large), ...REST(large)])
    await owner.query(text);
  await fillSearch(owner, large);
  await owner.query('set session_replication_role = origin');
}

/** What the index of the search would store for the large tenant. */
async function fillSearch(owner: TestDatabase['owner'], { tenantId }: Large): Promise<void> {
  const { rows } = await owner.query<{ id: string; number: string; thread: string }>(
    `select id, customer_phone_number as number, external_conversation_id as thread
    from conversations where tenant_id = $1 and external_conversation_id like 'large-%'`,
    [tenantId],
  );
  const texts = rows.map(({ number, thread }) =>
    searchableText({
      customerPhoneNumber: number,
      phoneKey: number,
      displayName: null,
      customerAddress: null,
      externalConversationId: thread,
    }),
  );
  await owner.query(
    `insert into search_texts (tenant_id, conversation_id, text, trigrams)
    select $1, n.id, n.text, n.trigrams::integer[]
    from unnest($2::uuid[], $3::text[], $4::text[]) as n (id, text, trigrams)`,
    [
      tenantId,
      rows.map(({ id }) => id),
      texts,
      texts.map((text) => `{${trigramsOf(tenantId, text).join()}}`),
    ],
  );
}

/**
 * Prevents PostgreSQL from discarding kept plans. Autovacuum must not analyze tables before the test does. And the
 * first temporary table of a session creates a schema, which discards the plans of all sessions, so create one now.
 */
export async function keepPlans({ owner }: TestDatabase): Promise<void> {
  await owner.query('create temporary table first_of_the_session ()');
  await owner.query(`do $$ declare t regclass; begin
    for t in select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' loop
      execute format('alter table %s set (autovacuum_enabled = off)', t);
    end loop;
  end $$`);
}

const OTHERS = `
  insert into tenants (id, name, alpha, beta, grace_period_seconds)
  select gen_random_uuid(), 'Other ' || n, 0.4, 0.6, 300 from generate_series(1, ${OTHER_TENANTS}) n;
  insert into inboxes (tenant_id, id, name)
  select t.id, gen_random_uuid(), 'Inbox ' || n from tenants t, generate_series(1, 3) n where t.name like 'Other %';
  insert into operators (tenant_id, id, name, role)
  select t.id, gen_random_uuid(), 'Operator ' || n, 'OPERATOR' from tenants t, generate_series(1, 5) n
  where t.name like 'Other %'`;

/** The inbox and the holder of each conversation. */
const PLACES = ({ tenantId, inboxes, operators }: Large) => `
  create temporary table place as
  with owned as (
    select t.id as tenant_id, row_number() over (order by t.id = '${tenantId}', t.id) as tenant,
      case t.id when '${tenantId}' then array['${inboxes.join("','")}']::uuid[]
        else array(select i.id from inboxes i where i.tenant_id = t.id) end as inboxes,
      case t.id when '${tenantId}' then array['${operators.join("','")}']::uuid[]
        else array(select o.id from operators o where o.tenant_id = t.id) end as operators
    from tenants t where t.name like 'Other %' or t.id = '${tenantId}'
  ), numbered as (
    select n, case when n <= ${OF_THE_LARGE_ONE} then ${OTHER_TENANTS + 1} else 1 + n % ${OTHER_TENANTS} end as tenant,
      case when n % 10 < 4 then 'QUEUED' when n % 10 = 4 then 'ALLOCATED' else 'RESOLVED' end as state,
      now() - n % ${OF_THE_LARGE_ONE} * interval '4 seconds' as at
    from generate_series(1, ${CONVERSATIONS}) n
  )
  select n.n, o.tenant_id, ${idAt('n.at', 'n.n::text')} as id, o.inboxes[1 + (n.n / 10 + n.n) % cardinality(o.inboxes)] as inbox_id,
    o.operators[1 + n.n / 10 % cardinality(o.operators)] as operator_id, n.state, n.at,
    case when n.n % 3 = 0 then ${idAt("n.at - interval '3 days'", "'lead' || n.n % 20000")} end as lead_id
  from numbered n join owned o on o.tenant = n.tenant`;

/** One in five that are held. */
const IS_PARKED = 'p.n % 50 = 14';

/** Some conversations past the cap are not marked yet. */
const CONVERSATION_ROWS = `
  insert into conversations (tenant_id, id, inbox_id, origin_inbox_id, external_conversation_id, customer_phone_number,
    phone_key, lead_id, state, assigned_operator_id, message_count, waiting_message_count, boost_minutes, last_operator_id, is_parked, awaiting_reply_since, last_message_at, waiting_since, basis_at, saturated, queue_key, version,
    last_event_id, resolved_at, last_resolved_at)
  select p.tenant_id, p.id, p.inbox_id, p.inbox_id, 'large-' || p.n, '+4915' || lpad((p.n % 30000)::text, 8, '0'),
    '+4915' || lpad((p.n % 30000)::text, 8, '0'), p.lead_id, p.state, case p.state when 'ALLOCATED' then p.operator_id end,
    1 + p.n % 40, 1 + p.n % 40, b.minutes, case p.state when 'RESOLVED' then p.operator_id end,
    ${IS_PARKED}, case p.state when 'ALLOCATED' then p.at end, p.at, p.at - p.n % 600 * interval '1 second',
    q.basis_at, q.saturated and p.n % 100 > 0,
    case when p.n % 100 = 0 then queue_bonus(t.settings, 1 + p.n % 40) + queue_boost(t.settings, b.minutes) - epoch_microseconds(q.basis_at) else q.queue_key end,
    case p.state when 'QUEUED' then 1 when 'ALLOCATED' then 2 else 3 end, p.id,
    case p.state when 'RESOLVED' then p.at end, case p.state when 'RESOLVED' then p.at end
  from place p
  join queue_settings t on t.tenant_id = p.tenant_id
  cross join lateral (select case when p.n % 250 = 1 then 60 else 0 end as minutes) b
  left join lateral queue_position(t.settings, 1 + p.n % 40, b.minutes, p.at, p.at - p.n % 600 * interval '1 second') q on p.state = 'QUEUED'`;

/** All entries have positions. The last two thousand entries of the large tenant are not folded yet. */
const LEDGER = ({ tenantId }: Large) => `
  with entry as (
    insert into conversation_events (tenant_id, id, type, occurred_at, conversation_id, inbox_id, external_conversation_id,
      version, actor_type, reason, from_state, from_operator_id, from_inbox_id, to_state, to_operator_id, to_inbox_id)
    select p.tenant_id, ${idAt('p.at', "'entry' || e.version || '-' || p.n")}, e.type, p.at, p.id, p.inbox_id,
      'large-' || p.n, e.version, 'SYSTEM', 'Made for a test', e.from_state,
      case e.from_state when 'ALLOCATED' then p.operator_id end, case when e.from_state is not null then p.inbox_id end,
      e.to_state, case e.to_state when 'ALLOCATED' then p.operator_id end, p.inbox_id
    from place p
    join (values (1, 'conversation.created', null, 'QUEUED'), (2, 'conversation.claimed', 'QUEUED', 'ALLOCATED'),
      (3, 'conversation.resolved', 'ALLOCATED', 'RESOLVED')) e (version, type, from_state, to_state)
      on e.version <= case p.state when 'QUEUED' then 1 when 'ALLOCATED' then 2 else 3 end
    returning tenant_id, id, occurred_at, version)
  insert into feed_positions (tenant_id, position, event_id)
  select n.tenant_id, coalesce(e.position, 0) +
    row_number() over (partition by n.tenant_id order by n.occurred_at, n.version, n.id), n.id
  from entry n
  left join (select tenant_id, max(position) as position from feed_positions group by tenant_id) e using (tenant_id);
  insert into folded_up_to (tenant_id, position)
  select tenant_id, max(position) - 2000 from feed_positions where tenant_id = '${tenantId}' group by tenant_id
  on conflict (tenant_id) do update set position = excluded.position`;

const REST = ({ tenantId, inboxes, webhookId }: Large) => [
  `insert into ended_waits (tenant_id, inbox_id, ended_at, event_id, is_given, microseconds)
  select '${tenantId}', (array['${inboxes.join("','")}']::uuid[])[1 + n % ${inboxes.length}],
    now() - n * interval '20 seconds', gen_random_uuid(), n % 9 > 0, n * 7919 % 3600000000
  from generate_series(1, ${CONVERSATIONS}) n`,
  `insert into first_replies (tenant_id, inbox_id, replied_at, conversation_id, microseconds)
  select w.tenant_id, w.inbox_id, w.ended_at, w.event_id, w.microseconds from ended_waits w`,
  `insert into labels (tenant_id, id, inbox_id, name)
  select i.tenant_id, ${idAt('now()', 'i.id::text')}, i.id, 'Frequent' from inboxes i`,
  `insert into leads (tenant_id, id, external_id, name, email, phone, phone_key)
  select distinct on (p.tenant_id, p.lead_id) p.tenant_id, p.lead_id, 'crm-' || p.n, 'Lead', 'lead' || p.n || '@example.org',
    '+4916' || lpad(p.n::text, 8, '0'), '+4916' || lpad(p.n::text, 8, '0')
  from place p where p.lead_id is not null`,
  `insert into lead_keys (tenant_id, kind, key, lead_id)
  select l.tenant_id, k.kind, k.key, l.id from leads l
  cross join lateral (values ('ID', l.external_id), ('PHONE', l.phone_key), ('ADDRESS', l.email)) k (kind, key)
  where k.key is not null
  on conflict do nothing`,
  `insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at)
  select p.tenant_id, p.id, 'GRACE', p.operator_id, now() + (600 + p.n % 7200) * interval '1 second'
  from place p join operators o on o.tenant_id = p.tenant_id and o.id = p.operator_id and o.availability = 'OFFLINE'
  where p.state = 'ALLOCATED'`,
  `insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at)
  select p.tenant_id, p.id, k.kind, p.operator_id, now() + (600 + p.n % 7200) * interval '1 second'
  from place p cross join unnest(array['ACCEPT', 'REPLY', 'PARK']) k (kind)
  where p.state = 'ALLOCATED' and (k.kind <> 'PARK' or ${IS_PARKED})`,
  `insert into declines (tenant_id, conversation_id, operator_id, declined_until)
  select p.tenant_id, p.id, p.operator_id, now() + (p.n % 1000 - 50) * interval '1 minute'
  from place p where p.state = 'RESOLVED' and p.n % 5 = 0`,
  `insert into conversation_labels (tenant_id, conversation_id, label_id, last_message_at)
  select p.tenant_id, p.id, l.id, c.last_message_at
  from place p join conversations c on c.tenant_id = p.tenant_id and c.id = p.id
  join labels l on l.tenant_id = p.tenant_id and l.inbox_id = p.inbox_id where p.n % 5 = 0`,
  `insert into processed_messages (tenant_id, external_conversation_id, message_id, origin_inbox_id, seen_at)
  select p.tenant_id, 'large-' || p.n, 'message', p.inbox_id, now() - p.n % 1000 * interval '11 minutes' from place p where p.n % 2 = 0`,
  `insert into idempotency_keys (tenant_id, principal, route, key_hash, fingerprint, answer, expires_at)
  select p.tenant_id, 'operator', 'POST /', sha256(p.n::text::bytea), sha256(''), '', now() + (p.n % 1000 - 50) * interval '1 minute'
  from place p where p.n % 5 = 0`,
  `insert into webhook_deliveries (tenant_id, webhook_id, id, position, event_id, event_type, body, status,
    next_attempt_at, keep_until)
  select p.tenant_id, '${webhookId}', p.id, p.n, p.id, 'conversation.created', '{}',
    case when p.n > 20 then 'DELIVERED' else 'PENDING' end, case when p.n <= 20 then now() end,
    case when p.n > 20 then now() + (p.n - 1000) * interval '1 minute' end
  from place p where p.tenant_id = '${tenantId}' and p.n <= 20000`,
  `with series as (
    insert into activity_series (tenant_id, inbox_id, operator_id, type, count, microseconds, first_at, last_at)
    select '${tenantId}', i.id, '00000000-0000-0000-0000-000000000000', 'conversation.created', 1000, 0,
      now() - interval '1000 minutes', now() - interval '1 minute'
    from inboxes i where i.tenant_id = '${tenantId}'
    on conflict (tenant_id, inbox_id, operator_id, type) do update set count = excluded.count, first_at = excluded.first_at
    returning id)
  insert into activity_totals (tenant_id, series_id, minute, count, microseconds)
  select '${tenantId}', s.id, date_trunc('minute', now() - n * interval '1 minute', 'UTC'), 1000 - n, 0
  from series s, generate_series(1, 999) n
  on conflict do nothing`,
  'drop table place',
];
