// @ts-check
// P18: compares a database in which conversations of a year were resolved with one that is a day old.
import { agedWorlds } from '../aged.mjs';
import { crew } from '../allocate.mjs';
import { startMeter } from '../cpu.mjs';
import { connect, one } from '../database.mjs';
import { conversationId, INBOXES, inboxId, operatorId, adminId, tenantId } from '../ids.mjs';
import { operatorOf } from '../live.mjs';
import { dealt, request } from '../load.mjs';
import { interleaved } from '../pairs.mjs';
import { refill } from '../refill.mjs';
import { ratioRow } from '../rows.mjs';
import { token, withService } from '../service.mjs';
import { keyOf, messagesOf } from '../teams.mjs';

const TENANTS = 20;
const CALLERS = 8;
/** Measured apart, so that they run in nothing else. */
const VARIABLES = { STATS_INTERVAL_SECONDS: '0', CLEAN_UP_INTERVAL_SECONDS: '0' };
/** Message ids that expired, of each tenant. */
const EXPIRED = 2_500;
const BATCH = 1_000;
const EXPIRE = `
  insert into processed_messages (tenant_id, external_conversation_id, message_id, origin_inbox_id, seen_at)
  select t.id, 'expired', 'message ' || m, i.id, now() - interval '8 days'
  from tenants t
  cross join lateral (select i.id from inboxes i where i.tenant_id = t.id order by i.id limit 1) i
  cross join generate_series(1, $1::int) m`;

/**
 * @typedef {object} Side
 * @property {import('../server.mjs').World} world
 * @property {import('../service.mjs').Service} service
 * @property {import('pg').Client} client the owner's
 * @property {string[]} keys of the orchestrator, by tenant
 * @property {string[]} cursors of the feed, by tenant: before what the scenario does
 * @property {{ tenant: string, id: string }[]} past conversations that were resolved, at random
 */
/** @typedef {{ count: number, database: number | null, walBytesEach?: number }} Used what was done, and milliseconds of the database */
/** Jobs are reported without a bar: nobody waits for them, and they write into tables that are as large as the year. */
const JOBS = ['fold of the statistics', 'clean-up'];

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p18(context) {
  const { old, young } = await agedWorlds(context, { tenants: TENANTS, variables: VARIABLES });
  return withSide(context, old, (ofOld) =>
    withSide(context, young, (ofYoung) => compare(context, ofOld, ofYoung)),
  );
}

/**
 * @template T
 * @param {import('../context.mjs').Context} context @param {import('../server.mjs').World} world
 * @param {(side: Side) => Promise<T>} work
 */
async function withSide({ plan, stop }, world, work) {
  const client = await connect(world.url, stop);
  try {
    const { rows: past } = await client.query(
      `select tenant_id as tenant, id from conversations where state = 'RESOLVED' order by random() limit $1`,
      [plan.year.requests],
    );
    return await withService(world, stop, { variables: VARIABLES }, async (service) => {
      /** @type {Side} */
      const side = { world, service, client, keys: [], cursors: [], past };
      for (let tenant = 1; tenant <= TENANTS; tenant++) {
        side.keys.push(await keyOf(service, tenant, 'measured'));
        const admin = token(tenantId(tenant), adminId(tenant));
        side.cursors.push((await service.ask('GET', '/events?after=latest', admin)).nextCursor);
      }
      return work(side);
    });
  } finally {
    await client.end().catch(() => {});
  }
}

/** @param {import('../context.mjs').Context} context @param {Side} old @param {Side} young */
async function compare(context, old, young) {
  let runs = 0;
  /** @type {Record<string, (side: Side) => Promise<Used>>} */
  const KINDS = {
    claim: (side) => claims(context, side),
    'a message': (side) =>
      sent(context, side, messages(side, context.plan.year.requests, `P18 ${++runs}`), 'a message'),
    history: (side) => sent(context, side, histories(side), 'history'),
    'allocate + resolve': (side) => allocations(context, side),
    'a page of the feed': (side) =>
      sent(context, side, pages(side, context.plan.year.requests), 'a page of the feed'),
    'fold of the statistics': (side) => folds(context, side),
    'clean-up': (side) => cleanUps(context, side),
  };
  /** @type {Record<string, Awaited<ReturnType<typeof interleaved>>>} */
  const kinds = {};
  for (const [name, kind] of Object.entries(KINDS)) {
    const on = (/** @type {Side} */ side, /** @type {Side} */ other) => () =>
      other.service.frozen(async () => {
        const { count, database, ...more } = await kind(side);
        return { count, microseconds: database === null ? NaN : (database * 1000) / count, ...more };
      });
    await on(old, young)();
    await on(young, old)();
    kinds[name] = await interleaved(context, `P18, ${name}`, on(old, young), on(young, old), {
      of: ({ microseconds }) => microseconds,
    });
  }
  const found = Object.entries(kinds);
  const verbs = found.filter(([name]) => !JOBS.includes(name));
  const [worst] = verbs.map(([, kind]) => kind).sort((a, b) => b.ratio.median - a.ratio.median);
  if (worst === undefined) throw new Error('nothing was measured');
  const texts = [...verbs, ...found.filter(([name]) => JOBS.includes(name))].map(
    ([name, { ratio, measured, reference }]) =>
      `${JOBS.includes(name) ? 'without a bar, ' : ''}${name} ${ratio.median.toFixed(2)} ×: ${Math.round(measured.median)} µs; a day ${Math.round(reference.median)} µs`,
  );
  const resolved = (context.plan.year.slices * context.plan.year.conversations).toLocaleString('en');
  const sizes = await Promise.all([old, young].map(({ client }) => sizeOf(client)));
  return [
    ratioRow(
      {
        id: 'P18',
        what: `Database time with ${resolved} conversations resolved in a year, of a day; the worst of ${verbs.length}`,
        measured: texts.join('. '),
        bar: { atMost: 1.1 },
        details: { ratio: worst.ratio, kinds, sizes: { year: sizes[0], day: sizes[1] } },
      },
      'times',
    ),
  ];
}

/**
 * @param {import('../context.mjs').Context} context @param {Side} side @param {Buffer[]} requests @param {string} name
 * @returns {Promise<Used>}
 */
async function sent({ load, server, findings }, { service }, requests, name) {
  const meter = startMeter({ postmaster: server.postmaster });
  const done = await load.run({ port: service.port, requests: dealt(requests, CALLERS), inOrder: true });
  const { database } = meter(done.cpuMilliseconds);
  const wrong = done.responses.filter(({ status }) => status >= 300).length;
  findings.violation(wrong, 'a response that is no success', `P18, ${name}`);
  return { count: done.responses.length, database };
}

/** Of conversations that wait all over the queue, which then wait again. @param {import('../context.mjs').Context} context @param {Side} side */
async function claims(context, side) {
  const { requests } = context.plan.year;
  const apart = Math.max(1, Math.floor(side.world.depth / requests));
  const all = Array.from({ length: requests }, (_, i) => {
    const number = 1 + ((i * apart) % side.world.depth);
    const operator = operatorOf(1 + (Math.floor(number / TENANTS) % INBOXES));
    const tenant = 1 + (number % TENANTS);
    const holder = token(tenantId(tenant), operatorId(tenant, operator));
    return request('POST', '/allocation/claim', holder, { conversationId: conversationId(number) });
  });
  const used = await sent(context, side, all, 'claim');
  await refill(side.client);
  await side.client.query('vacuum conversations');
  return used;
}

/** @param {Side} side @param {number} count @param {string} name of the threads */
function messages({ keys }, count, name) {
  return keys.flatMap((key, i) => {
    const inboxes = Array.from({ length: INBOXES }, (_, inbox) => inboxId(i + 1, inbox + 1));
    return messagesOf(`${name} ${i}`, count / TENANTS, inboxes).map((message, m) =>
      request('POST', '/orchestrator/messages', key, { ...message, messageId: `${m}` }),
    );
  });
}

/** @param {Side} side */
function histories({ past }) {
  return past.map(({ tenant, id }) =>
    request('GET', `/conversations/${id}/history`, token(tenant, adminId(Number(tenant.slice(-12))))),
  );
}

/** @param {Side} side @param {number} count */
function pages({ cursors }, count) {
  return Array.from({ length: count }, (_, i) => {
    const tenant = 1 + (i % TENANTS);
    const cursor = encodeURIComponent(cursors[tenant - 1] ?? '');
    return request('GET', `/events?after=${cursor}&limit=50`, token(tenantId(tenant), adminId(tenant)));
  });
}

/** @param {import('../context.mjs').Context} context @param {Side} side @returns {Promise<Used>} */
async function allocations({ plan, load, server, findings }, { world, service }) {
  const team = crew(world, CALLERS);
  const meter = startMeter({ postmaster: server.postmaster });
  const done = await load.run({
    port: service.port,
    requests: team.requests,
    followUps: team.resolutions,
    operations: plan.year.requests,
  });
  const { database } = meter(done.cpuMilliseconds);
  const wrong = done.responses.filter(({ status }) => status !== 200).length;
  findings.violation(wrong, 'a response other than 200', 'P18, allocate + resolve');
  return { count: done.responses.length, database };
}

/**
 * As many entries as a run of everything before has left: two of a pair, one of a claim, one of a message.
 * @param {import('../context.mjs').Context} context @param {Side} side @returns {Promise<Used>}
 */
async function folds({ plan, server }, { client }) {
  return overTenants(server, client, {
    work: 'fold_activity',
    batch: (4 * plan.year.requests) / TENANTS,
    most: 1,
  });
}

/** @param {import('../context.mjs').Context} context @param {Side} side @returns {Promise<Used>} */
async function cleanUps({ server }, { client }) {
  await client.query(EXPIRE, [EXPIRED]);
  return overTenants(server, client, { work: 'forget_expired', batch: BATCH, most: Infinity });
}

/**
 * Calls the function of a job for each tenant, until it finds less than a batch or as often as `most` says.
 * @param {import('../server.mjs').Server} server @param {import('pg').Client} client
 * @param {{ work: string, batch: number, most: number }} job @returns {Promise<Used>}
 */
async function overTenants(server, client, { work, batch, most }) {
  const { lsn } = await one(client, 'select pg_current_wal_insert_lsn()::text as lsn');
  const meter = startMeter({ postmaster: server.postmaster });
  let count = 0;
  for (let tenant = 1; tenant <= TENANTS; tenant++) {
    let done = batch;
    for (let calls = 0; done >= batch && calls < most; calls++) {
      ({ done } = await one(client, `select ${work}($1, $2) as done`, [tenantId(tenant), batch]));
      count += done;
    }
  }
  const { database } = meter(0);
  const wal = await one(
    client,
    'select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::pg_lsn)::float8 as bytes',
    [lsn],
  );
  return { count, database, walBytesEach: wal.bytes / count };
}

/** Bytes of the largest tables, with indexes. @param {import('pg').Client} client */
async function sizeOf(client) {
  const { rows } = await client.query(
    `select relname as name, pg_total_relation_size(oid)::float8 as bytes from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace order by bytes desc limit 12`,
  );
  return Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes]));
}
