// @ts-check
// Gives a database a past. A slice of conversations that the service has just taken through their life is copied as
// often as wanted, each copy some hours earlier: conversations, customers, ledger, feed, statistics, message ids and
// deliveries, as the service would have left them.
import { one } from './database.mjs';
import { secondaryIndexes, storeTexts } from './fill.mjs';

/** Whole minutes, because statistics are kept by the minute. A thousand slices are a year. */
const MINUTES_APART = 525;
/** What `fill` made to wait is younger than every copy. */
const FIRST_MINUTES = 48 * 60;
/** Slices of one statement. Progress shows after each. */
const CHUNK = 20;
/** Longer than the service keeps message ids and deliveries. */
const KEPT = '7 days';
/** Rows are added to these at the end of their indexes, or of the pending list, so that they can be built afterwards. */
const FILLED_WITHOUT_INDEXES = ['conversation_events', 'search_texts'];
/** Slices with dead rows: fewer rows than those that vacuum waits for. */
const NOT_VACUUMED = 8;

/** An id of version 7 begins with its time in milliseconds. */
const MOVED = `
  create function pg_temp.moved(id uuid, by_ms bigint) returns uuid language sql immutable as $$
    select (substr(h.hex, 1, 8) || '-' || substr(h.hex, 9, 4) || substr(id::text, 14))::uuid
    from (
      select lpad(to_hex(('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint - by_ms), 12, '0') as hex) h
  $$`;

/**
 * Tables whose rows are copied. Ids of `moved` columns and all times go back; texts of `marked` columns are unique and
 * get the number of the copy.
 * @type {{ table: string, moved: string[], marked?: string[], rows: string, order: string, kept?: string }[]}
 */
const COPIED = [
  { table: 'leads', moved: ['id'], rows: 'exists (select from slice s where s.lead_id = t.id)', order: 'id' },
  {
    table: 'lead_keys',
    moved: ['lead_id'],
    marked: ['key'],
    rows: 'exists (select from slice s where s.lead_id = t.lead_id)',
    order: 'lead_id',
  },
  {
    table: 'conversations',
    moved: ['id', 'lead_id', 'last_event_id'],
    marked: ['external_conversation_id', 'customer_address'],
    rows: 'exists (select from slice s where s.id = t.id)',
    order: 'id',
  },
  {
    table: 'conversation_events',
    moved: ['id', 'conversation_id'],
    marked: ['external_conversation_id'],
    rows: 'exists (select from slice s where s.id = t.conversation_id)',
    order: 'occurred_at, id',
  },
  {
    table: 'resolution_times',
    moved: ['event_id'],
    rows: 'exists (select from slice_conversation_events e where e.id = t.event_id)',
    order: 'resolved_at',
  },
  {
    table: 'ended_waits',
    moved: ['event_id'],
    rows: 'exists (select from slice_conversation_events e where e.id = t.event_id)',
    order: 'ended_at',
  },
  {
    table: 'processed_messages',
    moved: [],
    marked: ['external_conversation_id'],
    rows: 'exists (select from slice s where s.external_conversation_id = t.external_conversation_id)',
    order: 'seen_at',
    kept: 'seen_at',
  },
];

/** By series and minute, what the fold counted of the slice. */
const SLICE_ACTIVITY = `
  create temp table slice_activity as
  select e.tenant_id, r.id as series_id, date_trunc('minute', e.occurred_at, 'UTC') as minute, count(*)::int as count,
    coalesce(sum(h.microseconds), 0)::bigint as microseconds, min(e.occurred_at) as first_at
  from slice_conversation_events e
  cross join lateral activity_series_of(e.type, e.outcome, e.inbox_id, e.from_operator_id, e.to_operator_id) s
  cross join lateral microseconds_held(
    e.tenant_id, e.type, e.conversation_id, e.version, e.from_operator_id, e.occurred_at) h
  join activity_series r on r.tenant_id = e.tenant_id and r.inbox_id = s.inbox_id and r.operator_id = s.operator_id
    and r.type = s.type
  group by 1, 2, 3`;
/** Totals are running: those of a copy include all earlier copies, and those that exist include all copies. */
const STATISTICS = [
  `create temp table slice_series as
    select tenant_id, series_id, sum(count)::int as count, sum(microseconds)::bigint as microseconds,
      min(first_at) as first_at
    from slice_activity group by 1, 2`,
  `update activity_totals t set count = t.count + $1::int * s.count, microseconds = t.microseconds + $1::int * s.microseconds
    from slice_series s where t.tenant_id = s.tenant_id and t.series_id = s.series_id`,
  `insert into activity_totals (tenant_id, series_id, minute, count, microseconds)
    select a.tenant_id, a.series_id, a.minute - ${minutes('n')} * interval '1 minute',
      ($1::int - n) * s.count + sum(a.count) over w, ($1::int - n) * s.microseconds + sum(a.microseconds) over w
    from generate_series($1::int, 1, -1) n
    cross join slice_activity a
    join slice_series s on s.tenant_id = a.tenant_id and s.series_id = a.series_id
    window w as (partition by n, a.tenant_id, a.series_id order by a.minute)
    order by n desc, a.minute`,
  `update activity_series r set count = r.count + $1::int * s.count, microseconds = r.microseconds + $1::int * s.microseconds,
      first_at = least(r.first_at, s.first_at - ${minutes('$1::int')} * interval '1 minute')
    from slice_series s where r.tenant_id = s.tenant_id and r.id = s.series_id`,
];
/** $1 copies. What has a position keeps its order behind the copies. */
const FEED = [
  `create temp table slice_positions as
    select tenant_id, id, row_number() over w as place, count(*) over (partition by tenant_id) as entries
    from slice_conversation_events window w as (partition by tenant_id order by occurred_at, version, id)`,
  `update feed_positions p set position = p.position + $1::int * s.entries
    from (select distinct tenant_id, entries from slice_positions) s where s.tenant_id = p.tenant_id`,
  `update folded_up_to f set position = f.position + $1::int * s.entries
    from (select distinct tenant_id, entries from slice_positions) s where s.tenant_id = f.tenant_id`,
];
/** $1 copies, $2 and $3 from which to which */
const POSITIONS = `
  insert into feed_positions (tenant_id, position, event_id)
  select s.tenant_id, ($1::int - n) * s.entries + s.place, pg_temp.moved(s.id, ${minutes('n')} * 60000)
  from generate_series($2::int, $3::int, -1) n cross join slice_positions s
  order by n desc, s.place`;
const WEBHOOKS = [
  `insert into webhooks (tenant_id, id, url, enabled, secret, created_by)
    select t.id, gen_random_uuid(), 'https://example.com/events', false, 'whsec_' || repeat('a', 32), o.id
    from tenants t cross join lateral (
      select o.id from operators o where o.tenant_id = t.id and o.role = 'ADMIN' limit 1) o`,
  `insert into webhook_deliveries (tenant_id, webhook_id, id, event_id, event_type, body, status, attempts,
      next_attempt_at, last_attempt_at, last_status, last_response, created_at, keep_until, position)
    select e.tenant_id, w.id, pg_temp.moved(e.id, 0), e.id, e.type,
      json_build_object('id', e.id, 'type', e.type, 'occurredAt', e.occurred_at, 'data', to_json(e))::text, 'DELIVERED', 1,
      null, e.occurred_at, 200, 'ok', e.occurred_at, e.occurred_at + interval '${KEPT}', p.position
    from webhooks w
    join conversation_events e on e.tenant_id = w.tenant_id and e.occurred_at > now() - interval '${KEPT}'
    join feed_positions p on p.tenant_id = e.tenant_id and p.event_id = e.id
    order by e.occurred_at`,
];
/** Each update leaves a dead row, and entries in every index, until vacuum comes. */
const REWRITE = `
  update conversations c set last_message_at = c.last_message_at + $3::interval
  from tenants t where c.tenant_id = t.id and c.id between $1::uuid and $2::uuid`;

/**
 * @param {import('pg').Client} client as a superuser. Every RESOLVED conversation belongs to the slice, and the feed and
 * the statistics are up to date
 * @param {number} copies @param {(share: number) => void} progress
 */
export async function addPast(client, copies, progress) {
  await client.query('set session_replication_role = replica');
  await client.query(MOVED);
  await client.query(`create temp table slice as select * from conversations where state = 'RESOLVED'`);
  for (const { table, rows } of COPIED)
    await client.query(`create temp table slice_${table} as select t.* from ${table} t where ${rows}`);
  for (const text of [SLICE_ACTIVITY, ...STATISTICS, ...FEED])
    await client.query(text, text.includes('$1') ? [copies] : []);
  const indexes = await secondaryIndexes(client, FILLED_WITHOUT_INDEXES);
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  const inserts = [];
  for (const copied of COPIED) inserts.push(await insertOf(client, copied));
  for (let from = copies; from >= 1; from -= CHUNK) {
    const to = Math.max(1, from - CHUNK + 1);
    for (const text of inserts) await client.query(text, [from, to]);
    await client.query(POSITIONS, [copies, from, to]);
    await addTexts(client, from, to);
    await rewrite(client, from, to);
    await client.query('vacuum conversations');
    progress(1 - (to - 1) / copies);
  }
  for (const { definition } of indexes) await client.query(definition);
  for (const text of WEBHOOKS) await client.query(text);
  await client.query('vacuum (analyze)');
  await rewrite(client, Math.min(copies, NOT_VACUUMED), 1);
  await client.query('set session_replication_role = origin');
  await client.query('checkpoint');
}

/**
 * $1 the oldest copy, $2 the newest
 * @param {import('pg').Client} client @param {(typeof COPIED)[number]} copied
 */
async function insertOf(client, { table, moved, marked = [], order, kept }) {
  const { rows } = await client.query(
    `select attname as name, atttypid = 'timestamptz'::regtype as is_time from pg_attribute
    where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [table],
  );
  const values = rows.map(({ name, is_time: isTime }) => {
    if (moved.includes(name)) return `pg_temp.moved(t.${name}, ${minutes('n')} * 60000)`;
    if (marked.includes(name)) return `t.${name} || ' ' || n`;
    return isTime ? `t.${name} - ${minutes('n')} * interval '1 minute'` : `t.${name}`;
  });
  const isKept =
    kept === undefined
      ? ''
      : `where t.${kept} - ${minutes('n')} * interval '1 minute' > now() - interval '${KEPT}'`;
  return `insert into ${table} (${rows.map(({ name }) => name).join(', ')})
    select ${values.join(', ')} from generate_series($1::int, $2::int, -1) n cross join slice_${table} t ${isKept}
    order by n desc, ${order.replace(/\w+/g, 't.$&')}`;
}

/** How many minutes ago a copy is, in SQL. @param {string} n */
function minutes(n) {
  return `(${FIRST_MINUTES} + (${n}) * ${MINUTES_APART})::bigint`;
}

/** @param {import('pg').Client} client @param {number} from the oldest copy @param {number} to */
async function addTexts(client, from, to) {
  const { rows } = await client.query(
    `select s.tenant_id as tenant, pg_temp.moved(s.id, ${minutes('n')} * 60000) as id,
      s.customer_phone_number as "customerPhoneNumber", s.phone_key as "phoneKey", s.display_name as "displayName",
      s.customer_address || ' ' || n as "customerAddress", s.external_conversation_id || ' ' || n as "externalConversationId"
    from generate_series($1::int, $2::int, -1) n cross join slice s`,
    [from, to],
  );
  await storeTexts(client, rows);
}

/**
 * As often as real life writes new versions, twice instead of fifteen times.
 * @param {import('pg').Client} client @param {number} from the oldest copy @param {number} to
 */
async function rewrite(client, from, to) {
  const { first, last } = await one(
    client,
    `select pg_temp.moved(min(s.id::text)::uuid, ${minutes('$1::int')} * 60000) as first,
      pg_temp.moved(max(s.id::text)::uuid, ${minutes('$2::int')} * 60000) as last from slice s`,
    [from, to],
  );
  for (const step of ['1 microsecond', '-1 microsecond']) await client.query(REWRITE, [first, last, step]);
}
