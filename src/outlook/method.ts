/**
 * How an expected wait and its interval are computed. It is pure, so that the simulation of the bench
 * (`pnpm run bench --outlook`, docs/outlook.md) runs this code and no copy of it.
 */

/** Of ten actual waits, one may be shorter than its interval and one longer. */
const ONE_OF = 10;
/** The share of the actual waits that the intervals are meant to contain. */
export const CONFIDENCE = 0.8;
/** How many takes the mean time between them covers, roughly. The newest weigh most. */
const REMEMBERED_TAKES = 20;
const FEWEST_TAKES = 5;
/** Intervals are made from the newest outlooks of the tenant whose actual wait is known. */
export const MOST_OUTCOMES = 1_000;
const FEWEST_OUTCOMES = 20;
/** Added to both waits of a ratio, so that a few seconds more or less do not count where the wait is short. */
const SLACK_SECONDS = 30;

/** What is known of the takes of an inbox. Both numbers fade with every take. */
export interface Pace {
  readonly takes: number;
  /** Only while something waited and somebody was available: nights and empty queues do not count. */
  readonly seconds: number;
}

export const NO_PACE: Pace = { takes: 0, seconds: 0 };

/** What happened in an inbox since the last look: conversations that left its queue, and time that counts. */
export function observe(pace: Pace, takes: number, seconds: number): Pace {
  const kept = (1 - 1 / REMEMBERED_TAKES) ** takes;
  return { takes: pace.takes * kept + takes, seconds: pace.seconds * kept + seconds };
}

/** @returns null when too few takes are known */
export function expectedSeconds(place: number, pace: Pace): number | null {
  return pace.takes < FEWEST_TAKES ? null : (place * pace.seconds) / pace.takes;
}

/** An outlook whose conversation was given. */
export interface Outcome {
  readonly expectedSeconds: number;
  readonly actualSeconds: number;
}

/** Which ratios of actual to expected wait an interval reaches from and to. */
export interface Calibration {
  readonly outcomes: number;
  readonly lowRatio: number;
  readonly highRatio: number;
}

/**
 * Split conformal: of the ratios of earlier outcomes, those between which eight of ten lie.
 * @param outcomes the newest, at most MOST_OUTCOMES
 * @returns null when there are too few
 */
export function calibrationOf(outcomes: readonly Outcome[]): Calibration | null {
  if (outcomes.length < FEWEST_OUTCOMES) return null;
  const ratios = Float64Array.from(
    outcomes,
    (one) => (one.actualSeconds + SLACK_SECONDS) / (one.expectedSeconds + SLACK_SECONDS),
  ).sort();
  const rank = Math.floor((ratios.length + 1) / ONE_OF);
  const [lowRatio = 0, highRatio = Infinity] = [ratios.at(rank - 1), ratios.at(-rank)];
  return { outcomes: ratios.length, lowRatio, highRatio };
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export function intervalOf(expected: number, { lowRatio, highRatio }: Calibration): Interval {
  const at = (ratio: number) => Math.max((expected + SLACK_SECONDS) * ratio - SLACK_SECONDS, 0);
  return { low: at(lowRatio), high: at(highRatio) };
}
