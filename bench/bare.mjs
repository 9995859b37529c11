// @ts-check
// The least that an exact allocate needs: no ledger, no capacity, no availability, no row-level security. It takes the best
// head of the operator's inboxes, passes over what is locked, and notes who got it.
import { one, withClient, withDatabase } from './database.mjs';
import { INBOXES, OPERATORS, sqlId, SUBSCRIPTIONS } from './ids.mjs';
import { pgbench } from './pgbench.mjs';
import { CONNECTIONS } from './reference.mjs';

const CAP_SECONDS = 86_400;
const OPTIONS = '-c plan_cache_mode=force_generic_plan -c enable_memoize=off';

const SCHEMA = `
  create table tenants (id uuid primary key, alpha float8 not null, beta float8 not null);
  create table subscriptions (
    tenant_id uuid, operator_id uuid, inbox_id uuid, primary key (tenant_id, operator_id, inbox_id));
  create table conversations (
    tenant_id uuid not null, id uuid not null, inbox_id uuid not null, external_conversation_id text not null,
    customer_phone_number text not null, last_message_at timestamptz not null, message_count integer not null,
    state text not null default 'QUEUED', assigned_operator_id uuid, saturated boolean not null,
    queue_key float8 not null, created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(), primary key (tenant_id, id)
  ) with (fillfactor = 80);
  create table allocations (
    id bigint generated always as identity primary key, tenant_id uuid not null, conversation_id uuid not null,
    operator_id uuid not null, at timestamptz not null default now())`;

/** Found nothing although some may only be locked: it looks at more of each inbox. */
const FUNCTION = `
  create function allocate(p_tenant uuid, p_operator uuid) returns setof conversations language plpgsql as $$
  declare
    w tenants;
    delay float8;
    capped timestamptz := now() - ${CAP_SECONDS} * interval '1 second';
    depth integer := 2;
    taken conversations;
  begin
    select * into w from tenants t where t.id = p_tenant;
    delay := w.beta * extract(epoch from now())::float8 / ${CAP_SECONDS};
    loop
      update conversations c
      set state = 'ALLOCATED', assigned_operator_id = p_operator, updated_at = now()
      where c.tenant_id = p_tenant and c.id = (
        select c.id
        from (
          select h.id, h.last_message_at, h.score
          from (
            select heads.* from subscriptions s
            cross join lateral (
              (select f.id, f.last_message_at, f.queue_key + delay as score from conversations f
                where f.tenant_id = p_tenant and f.inbox_id = s.inbox_id and f.state = 'QUEUED' and not f.saturated
                  and f.last_message_at > capped
                order by f.queue_key desc, f.last_message_at, f.id limit depth)
              union all
              (select f.id, f.last_message_at, f.queue_key + w.beta from conversations f
                where f.tenant_id = p_tenant and f.inbox_id = s.inbox_id and f.state = 'QUEUED' and f.saturated
                order by f.queue_key desc, f.last_message_at, f.id limit depth)) heads
            where s.tenant_id = p_tenant and s.operator_id = p_operator
            union all
            select f.id, f.last_message_at, w.alpha * least(f.message_count / 100.0::float8, 1) + w.beta
            from (
              select f.* from conversations f
              where f.tenant_id = p_tenant and f.state = 'QUEUED' and not f.saturated and f.last_message_at <= capped
              order by f.last_message_at offset 0) f
            where exists (
              select from subscriptions s
              where s.tenant_id = p_tenant and s.operator_id = p_operator and s.inbox_id = f.inbox_id)) h
          order by h.score desc, h.last_message_at, h.id limit depth) best
        join conversations c on c.tenant_id = p_tenant and c.id = best.id
        where c.state = 'QUEUED'
        order by best.score desc, best.last_message_at, best.id limit 1 for update of c skip locked)
      returning * into taken;
      if found then
        insert into allocations (tenant_id, conversation_id, operator_id) values (p_tenant, taken.id, p_operator);
        return next taken;
        return;
      end if;
      exit when depth >= 2048;
      depth := depth * 8;
    end loop;
  end $$`;

/** As in the databases of the service, nine of ten wait less than the cap. */
const ROWS = [
  `insert into tenants select ${sqlId.tenant('t')}, 0.4, 0.6 from generate_series(1, $1::int) t`,
  `insert into subscriptions (tenant_id, operator_id, inbox_id)
  select ${sqlId.tenant('t')}, ${sqlId.operator('t', 'o')}, ${sqlId.inbox('t', `(o * 3 + s * (1 + o % 3)) % ${INBOXES} + 1`)}
  from generate_series(1, $1::int) t cross join generate_series(1, ${OPERATORS}) o
  cross join generate_series(1, ${SUBSCRIPTIONS}) s`,
];
const CONVERSATIONS = `
  insert into conversations (tenant_id, id, inbox_id, external_conversation_id, customer_phone_number, last_message_at,
    message_count, saturated, queue_key)
  select ${sqlId.tenant('t')}, ${sqlId.conversation('n')}, ${sqlId.inbox('t', `1 + (n / $1::int) % ${INBOXES}`)},
    'thread-' || n, ${sqlId.customerNumber('n')}, now() - age * interval '1 second', messages, age >= ${CAP_SECONDS},
    0.4 * least(messages / 100.0::float8, 1)
      - case when age >= ${CAP_SECONDS} then 0 else 0.6 * extract(epoch from now() - age * interval '1 second')::float8 / ${CAP_SECONDS} end
  from (
    select n, 1 + n % $1::int as t, floor(150 * power(random(), 3))::int as messages,
      random() * case when random() < 0.9 then ${CAP_SECONDS} else 4 * ${CAP_SECONDS} end as age
    from generate_series(1, $2::int) n) r`;
const INDEXES = [
  `create index on conversations (tenant_id, inbox_id, saturated, queue_key desc, last_message_at, id)
  where state = 'QUEUED'`,
  `create index on conversations (tenant_id, last_message_at) where state = 'QUEUED' and not saturated`,
];

/**
 * Makes a database with nothing but the bare allocate.
 * @param {import('./context.mjs').Context} context @param {{ depth: number, tenants: number }} size
 * @returns {Promise<{ rate: (ms: number) => Promise<number>, drop: () => Promise<void> }>}
 */
export async function bareAllocate({ server, reference, stop, findings }, { depth, tenants }) {
  const { program } = reference;
  if (program === null) throw new Error('pgbench is not installed');
  const name = `${server.prefix}bare`;
  await withClient(server.url, stop, (client) => client.query(`create database ${name}`));
  const url = withDatabase(server.url, name);
  await withClient(url, stop, async (client) => {
    await client.query(SCHEMA);
    await client.query(FUNCTION);
    for (const text of ROWS) await client.query(text, [tenants]);
    await client.query(CONVERSATIONS, [tenants, depth]);
    for (const text of INDEXES) await client.query(text);
    await client.query('vacuum (analyze)');
  });
  const script =
    `\\set t random(1, ${tenants})\n\\set o random(1, ${OPERATORS})\n` +
    `select * from allocate(${sqlId.tenant(':t')}, ${sqlId.operator(':t', ':o')});\n`;
  return {
    rate: async (ms) => {
      const ran = await pgbench({
        program,
        url,
        script,
        options: OPTIONS,
        connections: CONNECTIONS,
        ms,
        stop,
      });
      await withClient(url, stop, async (client) => {
        const { given, twice } = await one(
          client,
          `select count(*)::int as given, (count(*) - count(distinct conversation_id))::int as twice from allocations`,
        );
        findings.violation(twice, 'the bare allocate gave a conversation twice', 'P10');
        findings.violation(
          Math.max(0, ran.operations - given),
          'the bare allocate ran out of conversations',
          'P10',
        );
        await client.query('truncate allocations');
        await client.query(
          `update conversations set state = 'QUEUED', assigned_operator_id = null where state = 'ALLOCATED'`,
        );
        await client.query('vacuum conversations');
      });
      return ran.perSecond;
    },
    drop: () =>
      withClient(server.url, stop, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      }),
  };
}
