const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The schedule of Standard Webhooks. It covers an outage of three days. */
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

/**
 * The largest random share that is added to a delay. It is smaller than the step to the next delay, so delays always
 * grow.
 */
const JITTER = 0.1;

/**
 * Milliseconds to wait after this number of attempts; null after the last one. The random share keeps deliveries that
 * failed together from being retried together, which would overload a recovering receiver.
 */
export function delayAfter(attempts: number): number | null {
  const delay = DELAYS[attempts - 1];
  return delay === undefined ? null : Math.round(delay * (1 + Math.random() * JITTER));
}
