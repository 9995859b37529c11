/** A batch of background work should take about this long, and with it the locks it holds. */
const AIM_MS = 30;
/** How many times the smallest batch the largest one is. */
const RANGE = 8;

/** The first batch, before anybody knows how fast they are. */
export function smallestBatch(most: number): number {
  return Math.ceil(most / RANGE);
}

/** Half the size after a batch that took too long, twice the size after one that took less than half of the aim. */
export function nextBatch(size: number, tookMs: number, most: number): number {
  if (tookMs > AIM_MS) return Math.max(Math.floor(size / 2), smallestBatch(most));
  return tookMs < AIM_MS / 2 ? Math.min(size * 2, most) : size;
}
