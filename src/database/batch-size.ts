/** A batch of background work should take about this long, and with it the locks it holds. */
const AIM_MS = 30;
/** The largest batch is so many times the smallest. */
const RANGE = 8;

/** What to begin with, while nobody knows how fast it goes. */
export function smallestBatch(most: number): number {
  return Math.ceil(most / RANGE);
}

/** Half as much where a batch took longer than it should, twice as much where it took less than half of that. */
export function nextBatch(size: number, tookMs: number, most: number): number {
  if (tookMs > AIM_MS) return Math.max(Math.floor(size / 2), smallestBatch(most));
  return tookMs < AIM_MS / 2 ? Math.min(size * 2, most) : size;
}
