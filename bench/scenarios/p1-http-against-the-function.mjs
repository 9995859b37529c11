// @ts-check
// P1: allocate over HTTP with one transaction for each request, compared with the function.
import { allocateRate, warmUp } from '../allocate.mjs';
import { interleaved } from '../pairs.mjs';
import { referenceRate } from '../reference.mjs';
import { perSecond, ratioRow } from '../rows.mjs';
import { withService } from '../service.mjs';

/** The best number of callers depends on the machine, so P1 tries some first. */
const CANDIDATES = [8, 12, 16];

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p1(context) {
  const { plan, server, stop } = context;
  const world = await server.world(plan.depths.large, 20);
  return withService(world, stop, { coalescing: false }, async (service) => {
    await warmUp(context, world, service);
    const callers = await bestCallers(context, world, service);
    const found = await interleaved(
      context,
      'P1',
      () => allocateRate(context, world, service, { callers, ms: plan.runMs, where: 'P1' }),
      () => service.frozen(() => referenceRate(context, world, plan.runMs, 'P1, reference')),
      { of: ({ perSecond }) => perSecond },
    );
    return [
      ratioRow({
        id: 'P1',
        what: 'HTTP allocate, one transaction per request, of L',
        measured: `${perSecond(found.measured)} with ${callers} callers; L = ${perSecond(found.reference)}`,
        bar: { atLeast: 0.5 },
        details: { callers, depth: world.depth, ...found },
      }),
    ];
  });
}

/**
 * @param {import('../context.mjs').Context} context
 * @param {import('../server.mjs').World} world @param {import('../service.mjs').Service} service
 */
async function bestCallers(context, world, service) {
  let best = { callers: 0, perSecond: 0 };
  for (const callers of CANDIDATES) {
    context.show(`P1: trying ${callers} callers`);
    const ms = context.plan.runMs / 3;
    const { perSecond } = await allocateRate(context, world, service, { callers, ms, where: 'P1, trying' });
    if (perSecond > best.perSecond) best = { callers, perSecond };
  }
  return best.callers;
}
