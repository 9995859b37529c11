// @ts-check
// Measures allocate over HTTP in slices. A slice takes at most a tenth of the queue. Then the bench checks the picks
// and refills the queue.
import { check, sampleOf } from './checks.mjs';
import { startMeter } from './cpu.mjs';
import { connect, one } from './database.mjs';
import { adminId, operatorId, OPERATORS, tenantId } from './ids.mjs';
import { request } from './load.mjs';
import { DRAIN } from './plan.mjs';
import { settle } from './refill.mjs';
import { token } from './service.mjs';
import { quantile } from './statistics.mjs';

const PATH = '/allocation/allocate';

/**
 * @typedef {object} Rate
 * @property {number} perSecond
 * @property {number} operations
 * @property {number} milliseconds
 * @property {number} slices
 * @property {{ p50: number, p95: number, p99: number } | null} latencyMs
 * @property {PerOperation} microseconds of processor time per operation
 * @property {number | null} otherShare how busy the machine was with other work
 */
/** @typedef {{ client: number | null, service: number | null, database: number | null }} PerOperation */

/**
 * @typedef {object} Crew
 * @property {Uint8Array[][]} requests
 * @property {string[][]} operators who sends each of them
 * @property {Uint8Array[][]} deallocations with which an ADMIN deallocates their conversations
 * @property {Uint8Array[][]} resolutions with which they resolve them
 */

/**
 * Each caller sends requests for operators of its own, so no operator has two requests at once.
 * @param {{ tenants: number }} world @param {number} callers
 * @returns {Crew}
 */
export function crew({ tenants }, callers) {
  const everybody = Array.from({ length: OPERATORS * tenants }, (_, i) => ({
    number: 1 + (i % tenants),
    tenant: tenantId(1 + (i % tenants)),
    operator: operatorId(1 + (i % tenants), 1 + Math.floor(i / tenants)),
  }));
  const own = Array.from({ length: callers }, (_, caller) =>
    everybody.filter((_, i) => i % callers === caller),
  );
  return {
    requests: own.map((people) =>
      people.map(({ tenant, operator }) => request('POST', PATH, token(tenant, operator))),
    ),
    operators: own.map((people) => people.map(({ operator }) => operator)),
    deallocations: own.map((people) =>
      people.map(({ number, tenant }) => after('deallocate', tenant, adminId(number))),
    ),
    resolutions: own.map((people) =>
      people.map(({ tenant, operator }) => after('resolve', tenant, operator)),
    ),
  };
}

/** The client replaces the zeros with an id. @param {string} verb @param {string} tenant @param {string} operator */
function after(verb, tenant, operator) {
  return request('POST', `/allocation/${verb}`, token(tenant, operator), { conversationId: '0'.repeat(36) });
}

/**
 * @param {import('./context.mjs').Context} context
 * @param {import('./server.mjs').World} world
 * @param {import('./service.mjs').Service} service
 * @param {{ callers: number, ms: number, where: string }} options
 * @returns {Promise<Rate>}
 */
export async function allocateRate(context, world, service, { callers, ms, where }) {
  const { load, findings, server } = context;
  const team = crew(world, callers);
  const client = await connect(world.url, context.stop);
  const sum = { operations: 0, milliseconds: 0, slices: 0, client: 0, service: 0, database: 0, others: 0 };
  /** @type {number[]} */
  const latencies = [];
  try {
    while (sum.milliseconds < ms) {
      await settle(client);
      const { since } = await one(client, 'select clock_timestamp()::text as since');
      const meter = startMeter({ services: [service.pid], postmaster: server.postmaster });
      const done = await load.run({
        port: service.port,
        requests: team.requests,
        operations: Math.max(callers, Math.floor(world.depth * DRAIN)),
        milliseconds: ms - sum.milliseconds,
        keepBodies: true,
      });
      const used = meter(done.cpuMilliseconds);
      sum.slices++;
      sum.operations += done.responses.length;
      sum.milliseconds += done.milliseconds;
      sum.client += done.cpuMilliseconds;
      sum.service += used.service ?? NaN;
      sum.database += used.database ?? NaN;
      sum.others += (used.otherShare ?? NaN) * done.milliseconds;
      for (const latency of done.latencies) latencies.push(latency);
      await check(client, findings, sliceOf(done, team, since, where, findings), sampleOf(world));
    }
    await settle(client);
  } finally {
    await client.end().catch(() => {});
  }
  const each = (/** @type {number} */ milliseconds) =>
    Number.isNaN(milliseconds) ? null : (milliseconds * 1000) / sum.operations;
  return {
    perSecond: (sum.operations / sum.milliseconds) * 1000,
    operations: sum.operations,
    milliseconds: sum.milliseconds,
    slices: sum.slices,
    latencyMs: {
      p50: quantile(latencies, 0.5),
      p95: quantile(latencies, 0.95),
      p99: quantile(latencies, 0.99),
    },
    microseconds: { client: each(sum.client), service: each(sum.service), database: each(sum.database) },
    otherShare: Number.isNaN(sum.others) ? null : sum.others / sum.milliseconds,
  };
}

/**
 * @param {import('./load-process.mjs').Done} done @param {Crew} team @param {string} since @param {string} where
 * @param {import('./checks.mjs').Findings} findings
 * @returns {import('./checks.mjs').Slice}
 */
export function sliceOf(done, team, since, where, findings) {
  /** @type {import('./checks.mjs').Slice} */
  const slice = { where, since, given: [], empties: [], longestMs: Math.max(...done.latencies) };
  for (const { caller, request, status, body, at } of done.responses) {
    const operator = team.operators[caller]?.[request] ?? '';
    if (status !== 200) {
      findings.unexpected++;
      findings.violation(1, `a response of ${status} ${body.slice(0, 200)}`, where);
      continue;
    }
    const { conversation } = JSON.parse(body);
    if (conversation === null) slice.empties.push({ operatorId: operator, at });
    else slice.given?.push({ conversationId: conversation.id, operatorId: operator });
    if (conversation !== null && conversation.assignedOperatorId !== operator)
      findings.violation(1, "a response with another operator's conversation", where);
  }
  return slice;
}

/**
 * Runs load until plans and code are warm.
 * @param {import('./context.mjs').Context} context
 * @param {import('./server.mjs').World} world @param {import('./service.mjs').Service} service @param {number}
 * [callers]
 */
export async function warmUp(context, world, service, callers = 16) {
  await allocateRate(context, world, service, {
    callers,
    ms: context.plan.warmUpMs,
    where: 'warming up',
  });
}
