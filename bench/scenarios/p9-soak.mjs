// @ts-check
// P9: allocates and deallocates the same rows for minutes, and checks that it does not get slower.
import { allocationsInTurn, untouched } from '../checks-in-turn.mjs';
import { crew } from '../allocate.mjs';
import { startMeter } from '../cpu.mjs';
import { connect, one } from '../database.mjs';
import { settle } from '../refill.mjs';
import { withService } from '../service.mjs';
import { quantile } from '../statistics.mjs';

const CALLERS = 16;
const TENTHS = 10;

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p9(context) {
  const { plan, server, stop, load, show } = context;
  const world = await server.world(plan.depths.middle, 20);
  const team = crew(world, CALLERS);
  const client = await connect(world.url, stop);
  try {
    await settle(client);
    const { since } = await one(client, 'select clock_timestamp()::text as since');
    return await withService(world, stop, {}, async (service) => {
      const job = { port: service.port, requests: team.requests, followUps: team.deallocations };
      await load.run({ ...job, milliseconds: plan.warmUpMs });
      const tenths = [];
      let operations = 0;
      for (let i = 0; i < TENTHS; i++) {
        show(`P9: tenth ${i + 1} of ${TENTHS}`);
        const meter = startMeter({ services: [service.pid], postmaster: server.postmaster });
        const done = await load.run({ ...job, milliseconds: plan.soakMs / TENTHS });
        const used = meter(done.cpuMilliseconds);
        context.findings.violation(
          done.responses.filter(({ status }) => status !== 200).length,
          'a response other than 200',
          'P9',
        );
        const count = done.responses.length;
        operations += count;
        tenths.push({
          perSecond: (count / done.milliseconds) * 1000,
          p95: quantile(done.latencies, 0.95),
          databaseMicroseconds: used.database === null ? null : (used.database * 1000) / count,
          serviceMicroseconds: used.service === null ? null : (used.service * 1000) / count,
          otherShare: used.otherShare,
        });
      }
      show('P9: comparing');
      await allocationsInTurn(client, context.findings, since, 'P9');
      await untouched(client, context.findings, since, 'P9');
      return [row(plan.soakMs, operations, tenths, world.depth)];
    });
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * @param {number} soakMs @param {number} operations
 * @param {{ databaseMicroseconds: number | null, perSecond: number }[]} tenths @param {number} depth
 * @returns {import('../context.mjs').Row}
 */
function row(soakMs, operations, tenths, depth) {
  const [first, last] = [tenths[0], tenths.at(-1)];
  const from = first?.databaseMicroseconds ?? null;
  const to = last?.databaseMicroseconds ?? null;
  const time =
    from === null || to === null ? 'not measured' : `${Math.round(from)} µs, then ${Math.round(to)} µs`;
  return {
    id: 'P9',
    what: `Database time per allocate + deallocate after ${Math.round(soakMs / 1000)} s, last tenth of first`,
    measured: `${time}; ${operations.toLocaleString('en')} of them`,
    value: from === null || to === null ? null : to / from,
    min: null,
    max: null,
    unit: 'times',
    bar: { atMost: 1.1 },
    details: { callers: CALLERS, depth, operations, tenths },
  };
}
