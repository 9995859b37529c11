import { wholeNumber } from './whole-number.js';

/**
 * What everything random in the tests comes from. `npm test` always tries the same; `pnpm run nightly` sets another one
 * each time, and more of everything.
 */
export const SEED = wholeNumber('TEST_SEED', 20_261_121);

/** How many times as much as `npm test` tries. */
export const TIMES = wholeNumber('TEST_TIMES', 1);

/** For how long the tests go on that are bound by time; null: for one short round, the same for everybody. */
export const MINUTES = process.env['TEST_MINUTES'] ? wholeNumber('TEST_MINUTES', 10) : null;
