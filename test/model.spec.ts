import fc from 'fast-check';
import { TestApplication } from './support/application.js';
import { SEED, TIMES } from './support/chance.js';
import { HostileNeighbour } from './support/chaos/neighbour.js';
import { steps } from './support/model/commands.js';
import { plans } from './support/model/plans.js';
import { RealTenant } from './support/model/tenant.js';

const SEQUENCES = 40 * TIMES;
const STEPS_AT_MOST = 25;
/** Many times what a sequence takes, and room for making a failure small. */
const TIME_LIMIT = 300_000 + SEQUENCES * 600;

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

describe(`case 3: the service beside a model of it and a hostile neighbour (TEST_SEED=${SEED})`, () => {
  it(
    `agrees with the model in ${SEQUENCES} random sequences`,
    async () => {
      const sequences = fc.commands(steps, { maxCommands: STEPS_AT_MOST, size: 'max' });
      const property = fc.asyncProperty(plans, sequences, async (plan, commands) => {
        const real = await RealTenant.of(app, plan);
        await fc.asyncModelRun(async () => ({ model: await real.begin(plan), real }), commands);
        await real.expectSound();
      });
      const neighbour = await HostileNeighbour.settle({ urls: [app.url] });
      let isOver = false;
      const attacks = neighbour.runUntil(() => isOver);
      try {
        await fc.assert(property, { seed: SEED, numRuns: SEQUENCES });
      } finally {
        isOver = true;
        await attacks;
      }
      expect([...neighbour.unexpected]).toEqual([]);
    },
    TIME_LIMIT,
  );
});
