const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The schedule that Standard Webhooks give: a receiver may be away for three days. */
const DELAYS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** At most so much of a delay is added by chance: less than from one delay to the next, so that they always grow. */
const JITTER = 0.1;

/**
 * How long to wait after so many tries, in milliseconds; null when there is no further one. What failed together is not
 * tried again together, lest a receiver that comes back is knocked over.
 */
export function delayAfter(attempts: number): number | null {
  const delay = DELAYS[attempts - 1];
  return delay === undefined ? null : Math.round(delay * (1 + Math.random() * JITTER));
}
