const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The schedule of Standard Webhooks: a receiver may be away for three days. */
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

/** Largest random share that is added to a delay. It is less than the step to the next delay, so delays always grow. */
const JITTER = 0.1;

/**
 * Milliseconds to wait after this number of attempts; null when there is no further one. Deliveries that failed together
 * are not retried together, or they would overload a receiver that comes back.
 */
export function delayAfter(attempts: number): number | null {
  const delay = DELAYS[attempts - 1];
  return delay === undefined ? null : Math.round(delay * (1 + Math.random() * JITTER));
}
