/** The intended duration of a batch, and so of the locks that it holds. */
const AIM_MS = 30;
/** The ratio of the largest batch to the smallest one. */
const RANGE = 8;

/** The first batch, when the speed is not known yet. */
export function smallestBatch(most: number): number {
  return Math.ceil(most / RANGE);
}

/** Halves the size after a batch that took too long, and doubles it after one that took less than half of the aim. */
export function nextBatch(size: number, tookMs: number, most: number): number {
  if (tookMs > AIM_MS) return Math.max(Math.floor(size / 2), smallestBatch(most));
  return tookMs < AIM_MS / 2 ? Math.min(size * 2, most) : size;
}
