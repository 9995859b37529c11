// @ts-check
// P4: compares 64 operators of one tenant, who compete for the best conversation, with one operator.
import { allocateRate, warmUp } from '../allocate.mjs';
import { interleaved } from '../pairs.mjs';
import { perSecond, ratioRow } from '../rows.mjs';
import { withService } from '../service.mjs';

const CALLERS = 64;

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p4(context) {
  const { plan, server, stop } = context;
  const world = await server.world(plan.depths.large, 1);
  return withService(world, stop, {}, async (service) => {
    await warmUp(context, world, service, CALLERS);
    const found = await interleaved(
      context,
      'P4',
      () =>
        allocateRate(context, world, service, { callers: CALLERS, ms: plan.runMs, where: 'P4, 64 callers' }),
      () => allocateRate(context, world, service, { callers: 1, ms: plan.runMs, where: 'P4, one caller' }),
      { of: (rate) => rate.perSecond },
    );
    return [
      ratioRow({
        id: 'P4',
        what: 'HTTP allocate, 64 callers on one tenant with 20 inboxes, of one caller',
        measured: `${perSecond(found.measured)}; one caller ${perSecond(found.reference)}`,
        bar: { atLeast: 2.5 },
        details: { callers: CALLERS, depth: world.depth, ...found },
      }),
    ];
  });
}
