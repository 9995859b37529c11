// @ts-check
// P15: compares a tenant of 15,000 operators and 5,000 inboxes with one of 100 and 20.
import { connect } from '../database.mjs';
import { adminId, inboxId, tenantId } from '../ids.mjs';
import { dealt, request } from '../load.mjs';
import { interleaved } from '../pairs.mjs';
import { ratioRow } from '../rows.mjs';
import { token, withService } from '../service.mjs';
import { quantile } from '../statistics.mjs';
import { addTeam, keyOf, memberId, messagesOf } from '../teams.mjs';

/** Every second inbox is a push inbox. */
const DISTRIBUTION = `case i % 2 when 0 then 'LEAST_LOADED' else 'PULL' end`;
const SUBSCRIPTIONS = 4;
const BATCH = 1_000;
const CALLERS = 2;
/** A board is some hundred times as much as an allocation. */
const FEWER_BOARDS = 10;

/** @typedef {{ tenant: number, operators: number, inboxes: number, key: string }} Team */

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p15(context) {
  const { plan, server, stop } = context;
  const world = await server.world(plan.depths.small, 1, 'teams');
  const client = await connect(world.url, stop);
  try {
    const sizes = [
      { tenant: 101, ...plan.largeTeam },
      { tenant: 102, operators: 100, inboxes: 20 },
    ];
    for (const size of sizes)
      await addTeam(client, { ...size, subscriptions: SUBSCRIPTIONS, distribution: DISTRIBUTION });
    return await withService(world, stop, {}, async (service) => {
      const teams = [];
      for (const size of sizes) {
        const team = { ...size, key: await keyOf(service, size.tenant) };
        await waiting(service, team, plan.depths.small);
        teams.push(team);
      }
      await client.query('vacuum (analyze)');
      return [await compare(context, service, /** @type {[Team, Team]} */ (teams))];
    });
  } finally {
    await client.end().catch(() => {});
  }
}

/** @param {import('../context.mjs').Context} context @param {import('../service.mjs').Service} service @param {[Team, Team]} teams */
async function compare(context, service, [large, small]) {
  let run = 0;
  const KINDS = {
    allocate: allocations,
    push: (/** @type {Team} */ team, /** @type {number} */ count) => messages(team, count, `push ${++run}`),
    board: (/** @type {Team} */ team, /** @type {number} */ count) =>
      Array.from({ length: Math.ceil(count / FEWER_BOARDS) }, () =>
        request('GET', '/board', token(tenantId(team.tenant), adminId(team.tenant))),
      ),
  };
  /** @type {Record<string, Awaited<ReturnType<typeof interleaved>>>} */
  const kinds = {};
  for (const [name, requests] of Object.entries(KINDS)) {
    const measure = (/** @type {Team} */ team) => async () => {
      const own = dealt(requests(team, context.plan.pages), CALLERS);
      const done = await context.load.run({ port: service.port, requests: own, inOrder: true });
      const wrong = done.responses.filter(({ status }) => status >= 300).length;
      context.findings.violation(wrong, 'a response that is no success', `P15, ${name}`);
      return { p50: quantile(done.latencies, 0.5), p95: quantile(done.latencies, 0.95) };
    };
    await measure(large)();
    await measure(small)();
    kinds[name] = await interleaved(context, `P15, ${name}`, measure(large), measure(small), {
      of: ({ p95 }) => p95,
    });
  }
  const measured = Object.entries(kinds).map(
    ([name, { ratio, measured, reference }]) =>
      `${name} ${ratio.median.toFixed(2)} ×: ${measured.median.toFixed(1)} ms; small ${reference.median.toFixed(1)} ms`,
  );
  const [worst] = Object.values(kinds).sort((a, b) => b.ratio.median - a.ratio.median);
  if (worst === undefined) throw new Error('nothing was measured');
  const size = `${large.operators.toLocaleString('en')} operators and ${large.inboxes.toLocaleString('en')} inboxes`;
  return ratioRow(
    {
      id: 'P15',
      what: `A tenant of ${size}, p95, of one of ${small.operators} and ${small.inboxes}; the worst of ${measured.length}`,
      measured: measured.join('. '),
      bar: { atMost: 1.5 },
      details: { ratio: worst.ratio, kinds },
    },
    'times',
  );
}

/** @param {Team} team @param {number} count */
function allocations({ tenant, operators }, count) {
  return Array.from({ length: count }, () => {
    const operator = memberId(tenant, 1 + Math.floor(Math.random() * operators));
    return request('POST', '/allocation/allocate', token(tenantId(tenant), operator));
  });
}

/** Of new customers, each into a push inbox. @param {Team} team @param {number} count @param {string} name */
function messages({ tenant, inboxes, key }, count, name) {
  const push = Array.from({ length: inboxes / 2 }, (_, i) => inboxId(tenant, 2 + 2 * i));
  return messagesOf(name, count, push).map((message) =>
    request('POST', '/orchestrator/messages', key, message),
  );
}

/**
 * Makes conversations wait in the inboxes from which operators ask for work.
 * @param {import('../service.mjs').Service} service @param {Team} team @param {number} count
 */
async function waiting(service, { tenant, inboxes, key }, count) {
  const pull = Array.from({ length: inboxes / 2 }, (_, i) => inboxId(tenant, 1 + 2 * i));
  const all = messagesOf('waits', count, pull);
  for (let from = 0; from < count; from += BATCH)
    await service.ask('POST', '/orchestrator/messages/batch', key, {
      messages: all.slice(from, from + BATCH),
    });
}
