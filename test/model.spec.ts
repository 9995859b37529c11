import fc from 'fast-check';
import { TestApplication } from './support/application.js';
import { steps } from './support/model/commands.js';
import { plans } from './support/model/plans.js';
import { RealTenant } from './support/model/tenant.js';
import { wholeNumber } from './support/whole-number.js';

/** MODEL_SEED tries other sequences, and repeats those of a failure: it prints its seed. */
const SEED = wholeNumber('MODEL_SEED', 20_261_121);
const SEQUENCES = wholeNumber('MODEL_SEQUENCES', 500);
const STEPS_AT_MOST = 25;
/** Many times what a sequence takes, and room for making a failure small. */
const TIME_LIMIT = 300_000 + SEQUENCES * 600;

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

describe(`case 3: the service beside a model of it (MODEL_SEED=${SEED})`, () => {
  it(
    `answers and does the same in ${SEQUENCES} random sequences`,
    async () => {
      const sequences = fc.commands(steps, { maxCommands: STEPS_AT_MOST, size: 'max' });
      const property = fc.asyncProperty(plans, sequences, async (plan, commands) => {
        const real = await RealTenant.of(app, plan);
        await fc.asyncModelRun(async () => ({ model: await real.begin(plan), real }), commands);
        await real.expectSound();
      });
      await fc.assert(property, { seed: SEED, numRuns: SEQUENCES });
    },
    TIME_LIMIT,
  );
});
