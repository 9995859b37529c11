import { wholeNumber } from './whole-number.js';

/**
 * The seed of all random tests. `npm test` uses the same one each time. `pnpm run nightly` sets a new one and tries
 * more.
 */
export const SEED = wholeNumber('TEST_SEED', 20_261_121);

/** Multiplies what the random tests try. */
export const TIMES = wholeNumber('TEST_TIMES', 1);

/** How long the timed tests run. null: one short round. */
export const MINUTES = process.env['TEST_MINUTES'] ? wholeNumber('TEST_MINUTES', 10) : null;
