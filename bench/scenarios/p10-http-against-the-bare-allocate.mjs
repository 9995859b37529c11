// @ts-check
// P10: compares allocate over HTTP with the least that an exact allocate needs.
import { allocateRate, warmUp } from '../allocate.mjs';
import { bareAllocate } from '../bare.mjs';
import { interleaved } from '../pairs.mjs';
import { perSecond, ratioRow } from '../rows.mjs';
import { withService } from '../service.mjs';

const CALLERS = 64;
const TENANTS = 20;

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p10(context) {
  const { plan, server, stop } = context;
  const world = await server.world(plan.depths.middle, TENANTS);
  const bare = await bareAllocate(context, world);
  try {
    return await withService(world, stop, {}, async (service) => {
      await warmUp(context, world, service, CALLERS);
      const found = await interleaved(
        context,
        'P10',
        async () => {
          const options = { callers: CALLERS, ms: plan.runMs, where: 'P10' };
          return (await allocateRate(context, world, service, options)).perSecond;
        },
        () => service.frozen(() => bare.rate(plan.runMs)),
        { of: (rate) => rate },
      );
      return [
        ratioRow({
          id: 'P10',
          what: `HTTP allocate, ${CALLERS} callers over ${TENANTS} tenants, of the bare allocate in SQL`,
          measured: `${perSecond(found.measured)}; bare ${perSecond(found.reference)}`,
          bar: { atLeast: 0.55 },
          details: { callers: CALLERS, depth: world.depth, ...found },
        }),
      ];
    });
  } finally {
    await bare.drop();
  }
}
