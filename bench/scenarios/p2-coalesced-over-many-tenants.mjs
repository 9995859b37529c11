// @ts-check
// P2: 64 callers of 20 tenants, whose requests share transactions.
import { allocateRate, warmUp } from '../allocate.mjs';
import { interleaved } from '../pairs.mjs';
import { referenceRate } from '../reference.mjs';
import { perSecond, ratioRow } from '../rows.mjs';
import { withService } from '../service.mjs';

const CALLERS = 64;

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p2(context) {
  const { plan, server, stop } = context;
  const world = await server.world(plan.depths.large, 20);
  return withService(world, stop, { coalescing: true }, async (service) => {
    await warmUp(context, world, service, CALLERS);
    const found = await interleaved(
      context,
      'P2',
      () => allocateRate(context, world, service, { callers: CALLERS, ms: plan.runMs, where: 'P2' }),
      () => service.frozen(() => referenceRate(context, world, plan.runMs, 'P2, reference')),
      { of: (rate) => rate.perSecond },
    );
    return [
      ratioRow({
        id: 'P2',
        what: 'HTTP allocate, coalesced, 64 callers over 20 tenants, of L',
        measured: `${perSecond(found.measured)}; L = ${perSecond(found.reference)}`,
        bar: { atLeast: 1.2 },
        details: { callers: CALLERS, depth: world.depth, ...found },
      }),
    ];
  });
}
