// @ts-check
// P3: compares a deep queue with a shallow one. Of two services, one is stopped while the other is measured.
import { allocateRate, warmUp } from '../allocate.mjs';
import { interleaved } from '../pairs.mjs';
import { perSecond, ratioRow } from '../rows.mjs';
import { withService } from '../service.mjs';

const CALLERS = 16;

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p3(context) {
  const { plan, server, stop } = context;
  const worlds = {
    deep: await server.world(plan.depths.large, 20),
    shallow: await server.world(plan.depths.small, 20),
  };
  return withService(worlds.deep, stop, {}, (deep) =>
    withService(worlds.shallow, stop, {}, async (shallow) => {
      await shallow.frozen(() => warmUp(context, worlds.deep, deep));
      await deep.frozen(() => warmUp(context, worlds.shallow, shallow));
      const options = { callers: CALLERS, ms: plan.runMs };
      const found = await interleaved(
        context,
        'P3',
        () =>
          shallow.frozen(() => allocateRate(context, worlds.deep, deep, { ...options, where: 'P3, deep' })),
        () =>
          deep.frozen(() =>
            allocateRate(context, worlds.shallow, shallow, { ...options, where: 'P3, shallow' }),
          ),
        { of: (rate) => rate.perSecond },
      );
      const [deeper, less] = [worlds.deep, worlds.shallow].map(({ depth }) => depth.toLocaleString('en'));
      return [
        ratioRow({
          id: 'P3',
          what: `HTTP allocate, ${deeper} deep, of ${less} deep`,
          measured: `${perSecond(found.measured)} deep; ${perSecond(found.reference)} shallow; ${CALLERS} callers, 20 tenants`,
          bar: { atLeast: 0.85 },
          details: { callers: CALLERS, ...found },
        }),
      ];
    }),
  );
}
