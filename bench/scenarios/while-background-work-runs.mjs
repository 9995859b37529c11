// @ts-check
// Measures allocate while a background job works on a hundred thousand rows: how much slower it gets, and how long
// transactions keep their locks. Callers deallocate what they got, so the depth of the queue stays.
import { pause } from '../../scripts/processes.mjs';
import { crew } from '../allocate.mjs';
import { allocationsInTurn, untouched } from '../checks-in-turn.mjs';
import { connect, one } from '../database.mjs';
import { hold } from '../hold.mjs';
import { adminId, tenantId } from '../ids.mjs';
import { watchTransactions } from '../longest-transaction.mjs';
import { settle } from '../refill.mjs';
import { perSecond, ratioRow } from '../rows.mjs';
import { token, withService } from '../service.mjs';
import { pairedRatio, summary } from '../statistics.mjs';

const TENANT = tenantId(1);
const ADMIN = token(TENANT, adminId(1));
const CALLERS = 16;
/** The load is irregular at first. */
const LEAD_IN_MS = 300;

const PASS_SOON = `
  with soon as (
    select id, row_number() over (order by id)::float8 / $2::int as part
    from conversations where tenant_id = $1 and state = 'QUEUED' order by id limit $2::int
  )
  update conversations c
  set last_message_at = p.at, waiting_since = p.at, basis_at = p.at, saturated = false,
    queue_key = queue_bonus(q.settings, c.waiting_message_count) - epoch_microseconds(p.at)
  from soon s
  join tenants t on t.id = $1
  join queue_settings q on q.tenant_id = $1
  cross join lateral (
    select now() - t.max_delay_minutes * interval '1 minute' + ($3 + s.part * $4) * interval '1 second' as at) p
  where c.tenant_id = $1 and c.id = s.id`;
const UNMARKED = `
  select exists (
    select from conversations c join tenants t on t.id = c.tenant_id
    where c.tenant_id = $1 and c.state = 'QUEUED' and c.saturated = false
      and c.basis_at <= now() - t.max_delay_minutes * interval '1 minute') as is_left`;

const REWRITING = `select reranked_up_to is not null as is_under_way from tenants where id = $1`;

/**
 * @typedef {object} Work
 * @property {string} id
 * @property {string} what
 * @property {(client: import('pg').Client, due: number) => Promise<unknown>} prepare
 * @property {(service: import('../service.mjs').Service, client: import('pg').Client, options: { run: number,
 * passingSeconds: number }) => Promise<unknown>} work
 */

/** @type {Work[]} */
const WORKS = [
  {
    id: 'WHILE-1',
    what: 'a grace expiry runs',
    prepare: (client, due) => hold(client, due, { withGracePeriods: true }),
    work: (service) => service.ask('POST', '/grace-periods/expire', ADMIN, {}),
  },
  {
    id: 'WHILE-2',
    what: 'conversations pass the cap and are swept',
    prepare: async () => {},
    work: async (_service, client, { passingSeconds }) => {
      const passedBy = Date.now() + passingSeconds * 1000;
      const isLeft = async () => (await one(client, UNMARKED, [TENANT])).is_left;
      do await pause(200);
      while (Date.now() < passedBy || (await isLeft()));
    },
  },
  {
    id: 'WHILE-3',
    what: 'a change of weights rewrites the queue',
    prepare: (client, due) => hold(client, due, { withGracePeriods: false }),
    work: async (service, client, { run }) => {
      await service.ask('PATCH', '/tenant/settings', ADMIN, { alpha: 0.4 + 0.05 * (1 + (run % 4)) });
      while ((await one(client, REWRITING, [TENANT])).is_under_way) await pause(50);
    },
  },
];

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function whileBackgroundWorkRuns(context) {
  const { plan, server, stop } = context;
  const world = await server.world(plan.due * 2, 1, 'grace');
  const client = await connect(world.url, stop);
  // Grace expiry must not start before the measurement. The sweep runs often, so that little is due at once.
  const variables = { GRACE_EXPIRY_INTERVAL_SECONDS: '0', SATURATION_SWEEP_INTERVAL_SECONDS: '1' };
  /** @type {import('../context.mjs').Row[]} */
  const rows = [];
  try {
    await withService(world, stop, { variables }, async (service) => {
      await warmUp(context, world, service);
      for (const work of WORKS) {
        const runs = [];
        for (let run = 0; run < plan.repeats; run++) {
          context.show(`${work.id}: ${work.what}, ${run + 1} of ${plan.repeats}`);
          runs.push(await measure(context, world, service, client, work, run));
        }
        rows.push(...rowsOf(work, plan.due, runs));
      }
    });
    return rows;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * @param {import('../context.mjs').Context} context @param {import('../server.mjs').World} world
 * @param {import('../service.mjs').Service} service @param {import('pg').Client} client @param {Work} work @param
 * {number} run
 */
async function measure({ plan, load, stop, findings }, world, service, client, work, run) {
  await settle(client);
  await work.prepare(client, plan.due);
  const beforeMs = plan.runMs / 2;
  if (work.id === 'WHILE-2')
    await client.query(PASS_SOON, [TENANT, plan.due, (LEAD_IN_MS + beforeMs) / 1000, plan.passingSeconds]);
  const { since } = await one(client, 'select clock_timestamp()::text as since');
  const team = crew(world, CALLERS);
  const during = async () => {
    await pause(LEAD_IN_MS + beforeMs);
    const begin = Date.now();
    const watch = watchTransactions(await connect(world.url, stop));
    try {
      await work.work(service, client, { run, passingSeconds: plan.passingSeconds });
    } finally {
      await watch.stop();
    }
    return { begunAt: begin, endedAt: Date.now(), longest: watch.longest };
  };
  const startedAt = Date.now();
  const job = load.run({ port: service.port, requests: team.requests, followUps: team.deallocations });
  // The clients must stop when something else fails. The first failure is the one to report.
  job.catch(() => {});
  const { begunAt, endedAt, longest } = await during().finally(() => load.finish());
  const done = await job;
  const where = `${work.id}, ${work.what}`;
  const wrong = done.responses.filter(({ status }) => status !== 200).length;
  findings.violation(wrong, 'a response other than 200', where);
  await allocationsInTurn(client, findings, since, where);
  const changed = await one(
    client,
    `select greatest($1::timestamptz, updated_at + $2 * interval '1 millisecond')::text as at from tenants where id = $3`,
    [since, Math.max(...done.latencies), TENANT],
  );
  await untouched(client, findings, since, where, changed.at);
  const rate = (/** @type {number} */ from, /** @type {number} */ to) =>
    (done.responses.filter(({ at }) => at >= from && at < to).length / (to - from)) * 1000;
  return {
    before: rate(startedAt + LEAD_IN_MS, begunAt),
    during: rate(begunAt, endedAt),
    milliseconds: endedAt - begunAt,
    longest,
  };
}

/**
 * @param {import('../context.mjs').Context} context @param {import('../server.mjs').World} world
 * @param {import('../service.mjs').Service} service
 */
async function warmUp({ load, plan }, world, service) {
  const team = crew(world, CALLERS);
  const milliseconds = plan.warmUpMs;
  await load.run({
    port: service.port,
    requests: team.requests,
    followUps: team.deallocations,
    milliseconds,
  });
}

/**
 * @param {Work} work @param {number} due
 * @param {Awaited<ReturnType<typeof measure>>[]} runs
 * @returns {import('../context.mjs').Row[]}
 */
function rowsOf({ id, what }, due, runs) {
  const before = summary(runs.map((run) => run.before));
  const during = summary(runs.map((run) => run.during));
  const longest = summary(runs.map((run) => run.longest.milliseconds));
  return [
    ratioRow({
      id,
      what: `Allocate + deallocate while ${what} (${due.toLocaleString('en')}), of before`,
      measured: `${perSecond(during)}; before ${perSecond(before)}; ${CALLERS} callers, one tenant`,
      bar: { atLeast: 0.75 },
      details: { ratio: pairedRatio(during.samples, before.samples), runs },
    }),
    {
      id: `${id} locks`,
      what: 'The longest transaction meanwhile, in ms',
      measured: 'with all that it locked and waited for',
      value: longest.median,
      min: longest.min,
      max: longest.max,
      unit: 'plain',
      bar: { atMost: 100 },
      details: longest,
    },
  ];
}
