// @ts-check
// Inserts millions of queued conversations. It drops the secondary indexes first and creates them again afterwards.
import { one } from './database.mjs';
import {
  conversationId,
  customerNumber,
  INBOXES,
  LABEL,
  OPERATORS,
  sqlId,
  SUBSCRIPTIONS,
  tenantId,
} from './ids.mjs';

/** Rows of one statement. Progress shows after each. */
const CHUNK = 100_000;
const TABLES = ['conversations', 'conversation_events', 'search_texts', 'conversation_labels'];
/** Rows of one statement that come from here. */
const SENT = 10_000;

/**
 * Tenants have different settings, in groups of four: the defaults, `WAITING_SINCE`, no cap, other weights.
 */
const TENANTS = `
  insert into tenants (id, name, alpha, beta, max_delay_minutes, delay_basis, grace_period_seconds)
  select ${sqlId.tenant('t')}, 'Tenant ' || t, case t % 4 when 0 then 0.7 else 0.4 end,
    case t % 4 when 0 then 0.3 else 0.6 end, case t % 4 when 3 then null when 0 then 600 else 1440 end,
    case t % 4 when 2 then 'WAITING_SINCE' else 'LAST_MESSAGE' end, 900
  from generate_series(1, $1::int) t`;
/** Nobody reaches the limit, so the service counts loads but never refuses. */
const PEOPLE = `
  insert into operators (tenant_id, id, name, role, max_load, availability)
  select ${sqlId.tenant('t')}, ${sqlId.operator('t', 'o')}, 'Operator ' || o,
    case o when 999 then 'ADMIN' else 'OPERATOR' end, 1000000, 'AVAILABLE'
  from generate_series(1, $1::int) t
  cross join (select generate_series(1, ${OPERATORS}) union all select 999) as o (o)`;
const CHANNELS = `
  insert into inboxes (tenant_id, id, name, phone_number)
  select ${sqlId.tenant('t')}, ${sqlId.inbox('t', 'i')}, 'Inbox ' || i, '+4930' || 1000000 + t * 1000 + i
  from generate_series(1, $1::int) t cross join generate_series(1, ${INBOXES}) i`;
/** Two operators share some of their inboxes. */
const SUBSCRIBING = `
  insert into subscriptions (tenant_id, inbox_id, operator_id)
  select ${sqlId.tenant('t')}, ${sqlId.inbox('t', `(o * 3 + s * (1 + o % 3)) % ${INBOXES} + 1`)}, ${sqlId.operator('t', 'o')}
  from generate_series(1, $1::int) t cross join generate_series(1, ${OPERATORS}) o
  cross join generate_series(1, ${SUBSCRIPTIONS}) s`;
/**
 * Whole seconds and small counts make many equal scores. A quarter of the conversations have waited past the cap. The
 * rows of tenants are mixed, as in a table that has grown.
 */
const CONVERSATIONS = `
  with raw as (
    select n, 1 + n % $1::int as t, 1 + (n / $1::int) % ${INBOXES} as i, 1 + floor(120 * power(random(), 3))::int as messages,
      date_trunc('second', $4::timestamptz) - floor(random() * 120000) * interval '1 second' as last_message_at,
      floor(random() * 7200) * interval '1 second' as earlier
    from generate_series($2::int, $3::int) n
  ), stored as (
    insert into conversations (tenant_id, id, inbox_id, origin_inbox_id, external_conversation_id, customer_phone_number,
      phone_key, message_count, waiting_message_count, last_message_at, waiting_since, basis_at, saturated, queue_key, last_event_id, created_at, updated_at)
    select ${sqlId.tenant('r.t')}, ${sqlId.conversation('r.n')}, ${sqlId.inbox('r.t', 'r.i')}, ${sqlId.inbox('r.t', 'r.i')},
      'thread-' || r.n, ${sqlId.customerNumber('r.n')}, ${sqlId.customerNumber('r.n')}, r.messages, r.messages, r.last_message_at, r.last_message_at - r.earlier, q.basis_at, q.saturated,
      q.queue_key, ${sqlId.event('r.n')}, r.last_message_at - r.earlier, r.last_message_at
    from raw r
    join queue_settings s on s.tenant_id = ${sqlId.tenant('r.t')}
    cross join lateral queue_position(s.settings, r.messages, 0, r.last_message_at, r.last_message_at - r.earlier) q
    returning *
  )
  insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
    actor_type, actor_id, reason, to_state, to_inbox_id, occurred_at)
  select tenant_id, last_event_id, 'conversation.created', id, inbox_id, external_conversation_id, 1, 'SERVICE', 'bench',
    'The first message of a new conversation', 'QUEUED', inbox_id, created_at
  from stored`;
/** Each inbox has a label of the same name, which every tenth conversation has. */
const LABELS = `
  insert into labels (tenant_id, id, inbox_id, name)
  select ${sqlId.tenant('t')}, ${sqlId.label('t', 'i')}, ${sqlId.inbox('t', 'i')}, '${LABEL}'
  from generate_series(1, $1::int) t cross join generate_series(1, ${INBOXES}) i`;
const LABELLING = `
  insert into conversation_labels (tenant_id, conversation_id, label_id, last_message_at)
  select c.tenant_id, c.id, ${sqlId.label('t', 'i')}, c.last_message_at
  from generate_series($2::int, $3::int) n
  cross join lateral (select 1 + n % $1::int as t, 1 + (n / $1::int) % ${INBOXES} as i) of_conversation
  join conversations c on c.tenant_id = ${sqlId.tenant('t')} and c.id = ${sqlId.conversation('n')}
  where (n / $1::int) / ${INBOXES} % 10 = 0`;
/** The feed and the statistics are up to date. */
const HEARD = [
  `insert into feed_positions (tenant_id, position, event_id)
    select tenant_id, row_number() over (partition by tenant_id order by occurred_at, id), id from conversation_events`,
  `insert into folded_up_to (tenant_id, position)
    select tenant_id, count(*) from feed_positions group by tenant_id`,
  `insert into queue_depths (tenant_id, inbox_id, depth)
    select tenant_id, inbox_id, count(*) from conversations group by tenant_id, inbox_id`,
];

/**
 * @param {import('pg').Client} client as a superuser, on a migrated and empty database
 * @param {{ depth: number, tenants: number }} size
 * @param {(share: number) => void} progress
 */
export async function fill(client, { depth, tenants }, progress) {
  // Switches foreign keys off: checking them row by row takes minutes, and the ids follow from the same numbers.
  await client.query(`set session_replication_role = replica`);
  await client.query(`set maintenance_work_mem = '512MB'`);
  await client.query(`select setseed(0.5)`);
  for (const text of [TENANTS, PEOPLE, CHANNELS, SUBSCRIBING, LABELS]) await client.query(text, [tenants]);
  const indexes = await secondaryIndexes(client, TABLES);
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  const { now } = await one(client, 'select now()');
  const steps = Math.ceil(depth / CHUNK) + indexes.length;
  let done = 0;
  for (let from = 1; from <= depth; from += CHUNK) {
    const to = Math.min(depth, from + CHUNK - 1);
    await client.query(CONVERSATIONS, [tenants, from, to, now]);
    await client.query(LABELLING, [tenants, from, to]);
    for (let n = from; n <= to; n += SENT)
      await storeTexts(client, waiting(tenants, n, Math.min(to, n + SENT - 1)));
    progress(++done / steps);
  }
  for (const { definition } of indexes) {
    await client.query(definition);
    progress(++done / steps);
  }
  for (const text of HEARD) await client.query(text);
  await client.query('set session_replication_role = origin');
  await client.query('vacuum (analyze)');
}

/** What of these conversations is searched. @param {number} tenants @param {number} from @param {number} to */
function waiting(tenants, from, to) {
  return Array.from({ length: to - from + 1 }, (_, i) => {
    const number = customerNumber(from + i);
    return {
      tenant: tenantId(1 + ((from + i) % tenants)),
      id: conversationId(from + i),
      customerPhoneNumber: number,
      phoneKey: number,
      displayName: null,
      customerAddress: null,
      externalConversationId: `thread-${from + i}`,
    };
  });
}

/**
 * The indexes of tables that keep no constraint.
 * @param {import('pg').Client} client @param {readonly string[]} tables
 * @returns {Promise<{ name: string, definition: string }[]>}
 */
export async function secondaryIndexes(client, tables) {
  const { rows } = await client.query(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
    from pg_index i
    where i.indrelid = any ($1::regclass[]) and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
    order by 1`,
    [tables],
  );
  return rows;
}

/**
 * What the job of the search would store for these conversations.
 * @param {import('pg').Client} client
 * @param {(import('../src/search/searchable-text.js').Searchable & { tenant: string, id: string })[]} conversations
 */
export async function storeTexts(client, conversations) {
  const { searchableText } = await import(
    new URL('../dist/src/search/searchable-text.js', import.meta.url).href
  );
  const { trigramsOf } = await import(new URL('../dist/src/search/trigrams.js', import.meta.url).href);
  const texts = conversations.map(searchableText);
  await client.query(
    `insert into search_texts (tenant_id, conversation_id, text, trigrams)
    select n.tenant, n.id, n.text, n.trigrams::integer[]
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as n (tenant, id, text, trigrams)`,
    [
      conversations.map(({ tenant }) => tenant),
      conversations.map(({ id }) => id),
      texts,
      conversations.map(({ tenant }, i) => `{${trigramsOf(tenant, texts[i]).join()}}`),
    ],
  );
}
