// @ts-check
// Processor time of a claim, a resolve and a single message, of database and service, beside that of an allocate. The
// service is as in production, but for allocations, which do not share transactions.
import { startMeter } from './cpu.mjs';
import { connect } from './database.mjs';
import { inboxId, INBOXES, operatorId, OPERATORS, tenantId } from './ids.mjs';
import { request } from './load.mjs';
import { token, withService } from './service.mjs';
import { summary } from './statistics.mjs';
import { messagesOf } from './teams.mjs';

const TENANT = 1;
/** Who allocates here takes nothing that others are about to claim. */
const ALLOCATING = 2;
const CALLERS = 16;
/** The kinds take turns, so that other work on the machine affects all of them. The first run only warms up. */
const RUNS = 4;

/** Conversations that wait, and for each an OPERATOR who is subscribed to its inbox. */
const WAITING = `
  select c.id, o.operator_id as operator
  from conversations c
  cross join lateral (
    select s.operator_id from subscriptions s
    where s.tenant_id = c.tenant_id and s.inbox_id = c.inbox_id
    order by md5(c.id::text || s.operator_id) limit 1) o
  where c.tenant_id = $1 and c.state = 'QUEUED'
  order by c.id limit $2`;

/**
 * @param {import('./context.mjs').Context} context @param {import('./server.mjs').World} world
 * @param {string} key of the orchestrator
 * @returns {Promise<Record<string, { database: import('./statistics.mjs').Summary, service: import('./statistics.mjs').Summary }>>}
 * microseconds of each call; NaN where processor time is not measured
 */
export async function callCosts(context, world, key) {
  const { plan, stop } = context;
  return withService(world, stop, { coalescing: false }, async (service) => {
    const client = await connect(world.url, stop);
    const { rows } = await client.query(WAITING, [tenantId(TENANT), RUNS * plan.calls]);
    await client.end();
    const inboxes = Array.from({ length: INBOXES }, (_, i) => inboxId(TENANT, 1 + i));
    const act = (/** @type {string} */ verb) =>
      rows.map(({ id, operator }) =>
        request('POST', `/allocation/${verb}`, token(tenantId(TENANT), operator), { conversationId: id }),
      );
    const kinds = {
      allocate: Array.from({ length: RUNS * plan.calls }, (_, i) =>
        request(
          'POST',
          '/allocation/allocate',
          token(tenantId(ALLOCATING), operatorId(ALLOCATING, 1 + (i % OPERATORS))),
        ),
      ),
      claim: act('claim'),
      resolve: act('resolve'),
      message: messagesOf('costs', RUNS * plan.calls, inboxes).map((message) =>
        request('POST', '/orchestrator/messages', key, message),
      ),
    };
    /** @type {Record<string, import('./cpu.mjs').Used[]>} */
    const runs = {};
    for (let run = 0; run < RUNS; run++) {
      for (const [name, requests] of Object.entries(kinds)) {
        context.show(`P13: processor time of a call, ${run + 1} of ${RUNS}: ${name}`);
        const part = requests.slice(run * plan.calls, (run + 1) * plan.calls);
        const used = await sent(context, service, name, part);
        if (run > 0) (runs[name] ??= []).push(used);
      }
    }
    const each = (/** @type {number | null} */ ms) => ((ms ?? NaN) * 1000) / plan.calls;
    const costs = Object.entries(runs).map(([name, used]) => [
      name,
      {
        database: summary(used.map(({ database }) => each(database))),
        service: summary(used.map(({ service: own }) => each(own))),
      },
    ]);
    return Object.fromEntries(costs);
  });
}

/**
 * @param {import('./context.mjs').Context} context @param {import('./service.mjs').Service} service
 * @param {string} name @param {readonly Buffer[]} requests
 */
async function sent({ server, load, findings }, service, name, requests) {
  const own = Array.from({ length: CALLERS }, (_, caller) =>
    requests.filter((_, i) => i % CALLERS === caller),
  );
  const meter = startMeter({ services: [service.pid], postmaster: server.postmaster });
  const done = await load.run({ port: service.port, requests: own, inOrder: true });
  const used = meter(done.cpuMilliseconds);
  const wrong = done.responses.filter(({ status }) => status >= 300).length;
  findings.violation(wrong, 'a response that is no success', `P13, cost of a ${name}`);
  return used;
}
