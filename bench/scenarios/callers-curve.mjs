// @ts-check
// The chart of throughput against the number of callers, with and without coalescing.
import { allocateRate, warmUp } from '../allocate.mjs';
import { withService } from '../service.mjs';

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function callersCurve(context) {
  const { plan, server, stop, show, coalesces } = context;
  /** @type {import('../chart.mjs').Series[]} */
  const series = [];
  /** @type {unknown[]} */
  const rates = [];
  for (const tenants of [20, 1]) {
    const world = await server.world(plan.depths.middle, tenants);
    for (const coalescing of coalesces ? [true, false] : [false]) {
      const over = tenants === 1 ? 'one tenant' : `${tenants} tenants`;
      const name = `${over}, ${coalescing ? 'coalesced' : 'each for itself'}`;
      /** @type {[number, number][]} */
      const points = [];
      await withService(world, stop, { coalescing }, async (service) => {
        await warmUp(context, world, service);
        for (const callers of plan.callers) {
          show(`CALLERS: ${name}, ${callers}`);
          const where = `CALLERS ${callers}, ${name}`;
          const rate = await allocateRate(context, world, service, { callers, ms: plan.curveMs, where });
          points.push([callers, rate.perSecond]);
          rates.push({ tenants, coalescing, callers, rate });
        }
      });
      series.push({ name, points });
    }
  }
  const best = Math.max(...series.flatMap(({ points }) => points.map(([, y]) => y)));
  return [
    {
      id: 'CALLERS',
      what: 'Chart: allocations per second against callers',
      measured: `at best ${Math.round(best).toLocaleString('en')}/s`,
      value: null,
      min: null,
      max: null,
      unit: 'plain',
      bar: {},
      details: { depth: plan.depths.middle, series, rates },
    },
  ];
}
