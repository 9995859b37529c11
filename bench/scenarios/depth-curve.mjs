// @ts-check
// The chart of throughput against depth.
import { allocateRate, warmUp } from '../allocate.mjs';
import { DRAIN } from '../plan.mjs';
import { referenceRate } from '../reference.mjs';
import { withService } from '../service.mjs';

const CALLERS = 64;
/** What pgbench allocates in a second. Where this empties too much of a queue, the chart has no reference. */
const PER_SECOND = 5_000;

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function depthCurve(context) {
  const { plan, server, stop, show } = context;
  /** @type {import('../chart.mjs').Series[]} */
  const series = [
    { name: 'HTTP, 20 tenants', points: [] },
    { name: 'HTTP, one tenant', points: [] },
    { name: 'L: the bare function, 20 tenants', points: [] },
  ];
  /** @type {unknown[]} */
  const rates = [];
  for (const depth of plan.curveDepths.map((name) => plan.depths[name])) {
    for (const [i, tenants] of [20, 1].entries()) {
      show(`DEPTH: ${depth.toLocaleString('en')}, ${tenants} tenants`);
      const world = await server.world(depth, tenants);
      const rate = await withService(world, stop, {}, async (service) => {
        await warmUp(context, world, service, CALLERS);
        const where = `DEPTH ${depth}, ${tenants} tenants`;
        return allocateRate(context, world, service, { callers: CALLERS, ms: plan.curveMs, where });
      });
      series[i]?.points.push([depth, rate.perSecond]);
      rates.push({ depth, tenants, rate });
      const taken = PER_SECOND * (1 + plan.curveMs / 1000);
      if (tenants === 1 || (taken > 2 * DRAIN * depth && depth < plan.depths.large)) continue;
      const reference = await referenceRate(context, world, plan.curveMs, `DEPTH ${depth}, reference`);
      series[2]?.points.push([depth, reference.perSecond]);
      rates.push({ depth, tenants, reference });
    }
  }
  const shown = series[0]?.points.map(([, y]) => Math.round(y)).join(', ');
  return [
    {
      id: 'DEPTH',
      what: `Chart: allocations per second against depth, ${CALLERS} callers, coalesced`,
      measured: `20 tenants: ${shown}/s`,
      value: null,
      min: null,
      max: null,
      unit: 'plain',
      bar: {},
      details: { callers: CALLERS, series, rates },
    },
  ];
}
