// @ts-check
// Statistics of samples.

/** @typedef {{ median: number, min: number, max: number, samples: number[] }} Summary */

/** @param {readonly number[]} values at least one */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * Interpolates between two samples, like PostgreSQL's percentile_cont.
 * @param {Iterable<number>} values at least one @param {number} share from 0 to 1
 */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) throw new RangeError('no samples');
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const [low = 0, high = low] = sorted.subarray(below, below + 2);
  return low + (high - low) * (place - below);
}

/** @param {readonly number[]} samples @returns {Summary} */
export function summary(samples) {
  return {
    median: median(samples),
    min: Math.min(...samples),
    max: Math.max(...samples),
    samples: [...samples],
  };
}

/**
 * Divides pair by pair, because the two of a pair were measured right after each other.
 * @param {readonly number[]} measured @param {readonly number[]} reference
 */
export function pairedRatio(measured, reference) {
  if (measured.length !== reference.length) throw new RangeError('every sample needs its reference');
  return summary(measured.map((value, i) => value / (reference[i] ?? NaN)));
}
