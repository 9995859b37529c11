// @ts-check
// Runs a kind of day again and again and scores the forecasts.
import { LOOK_SECONDS } from './forecasts.mjs';
import { Team } from './team.mjs';

/** @typedef {import('./forecasts.mjs').Method} Method */
/** @typedef {import('./team.mjs').Conversation} Conversation */
/**
 * @typedef {object} Outlook
 * @property {number} at
 * @property {number} expectedSeconds
 * @property {import('../../src/outlook/method.js').Interval | null} interval
 * @property {number} actualSeconds
 */

const DAY = 86_400;
/** Sorting a thousand ratios is what the simulation spends its time with. */
const LOOKS_PER_CALIBRATION = 6;
/** In the first days the forecasts learn; they do not count. */
export const LEARNING_DAYS = 3;

/**
 * @param {Method} method the compiled method of the product
 * @param {import('./days.mjs').Day} day @param {number} seed @param {number} days
 * @param {readonly import('./forecasts.mjs').Forecast[]} forecasts
 */
export function simulate(method, day, seed, days, forecasts) {
  const all = forecasts.map((forecast) => new Scored(method, forecast));
  new Team(day, seed, LOOK_SECONDS, {
    asked: (now, conversation, team) => all.forEach((one) => one.asked(now, conversation, team)),
    given: (now, conversation) => all.forEach((one) => one.given(now, conversation)),
    left: (conversation) => all.forEach((one) => one.left(conversation)),
    handled: (seconds) => all.forEach(({ forecast }) => forecast.handled?.(seconds)),
    look: (team) => all.forEach((one) => one.look(team)),
  }).run(days);
  return all;
}

/** A forecast with the intervals of the product's method around it. */
class Scored {
  /** @param {Method} method @param {import('./forecasts.mjs').Forecast} forecast */
  constructor(method, forecast) {
    this.method = method;
    this.forecast = forecast;
    /** @type {Map<Conversation, Omit<Outlook, 'actualSeconds'>[]>} */
    this.open = new Map();
    /** @type {Outlook[]} */
    this.outlooks = [];
    /** @type {import('../../src/outlook/method.js').Calibration | null} */
    this.calibration = null;
    this.looks = 0;
    this.known = 0;
  }

  /** @param {number} now @param {Conversation} conversation @param {Team} team */
  asked(now, conversation, team) {
    if (team.available(conversation.inbox) === 0) return;
    const expectedSeconds = this.forecast.expected(conversation, team);
    if (expectedSeconds === null) return;
    const interval = this.calibration && this.method.intervalOf(expectedSeconds, this.calibration);
    this.open.set(conversation, [
      ...(this.open.get(conversation) ?? []),
      { at: now, expectedSeconds, interval },
    ]);
  }

  /** @param {number} now @param {Conversation} conversation */
  given(now, conversation) {
    this.forecast.given?.(now, conversation);
    for (const outlook of this.open.get(conversation) ?? [])
      this.outlooks.push({ ...outlook, actualSeconds: now - outlook.at });
    this.open.delete(conversation);
  }

  /** @param {Conversation} conversation */
  left(conversation) {
    this.forecast.left?.(conversation);
    this.open.delete(conversation);
  }

  /** @param {Team} team */
  look(team) {
    this.forecast.look?.(team);
    if (this.looks++ % LOOKS_PER_CALIBRATION > 0 || this.outlooks.length === this.known) return;
    this.known = this.outlooks.length;
    this.calibration = this.method.calibrationOf(this.outlooks.slice(-this.method.MOST_OUTCOMES));
  }

  /** Those of the days after the first. */
  get counted() {
    return this.outlooks.filter(({ at }) => at >= LEARNING_DAYS * DAY);
  }

  /** Times are seconds. */
  get score() {
    const { counted } = this;
    const shown = counted.flatMap(({ interval, actualSeconds }) =>
      interval === null ? [] : [{ ...interval, actualSeconds }],
    );
    return {
      count: counted.length,
      actual: mean(counted.map(({ actualSeconds }) => actualSeconds)),
      error: mean(counted.map((one) => Math.abs(one.actualSeconds - one.expectedSeconds))),
      coverage: mean(
        shown.map(({ low, high, actualSeconds: actual }) => Number(low <= actual && actual <= high)),
      ),
      width: mean(shown.map(({ low, high }) => high - low)),
    };
  }
}

/** @param {readonly number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
