import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../database/database.js';
import { nextBatch, smallestBatch } from './batch-size.js';

/** When all connections are in use, background work pauses this many times as long as it works. */
const BUSY_PAUSE_FACTOR = 2;

/**
 * Runs batches of up to `most` until a batch is not full. Batches start small and grow while they are quick, so that
 * their locks are short. Requests go first: the pause between batches grows with the share of connections in use, and
 * is 0 on an idle instance, or as long as the batch took when the work `rests`.
 * @returns the total amount of work done
 */
export async function inBatches(
  database: Database,
  most: number,
  isStopping: () => boolean,
  batch: (size: number) => Promise<number>,
  { rests = false } = {},
): Promise<number> {
  for (let done = 0, size = smallestBatch(most); ;) {
    const begun = performance.now();
    const count = await batch(size);
    done += count;
    if (count < size || isStopping()) return done;
    const tookMs = performance.now() - begun;
    await pause(tookMs * Math.max(BUSY_PAUSE_FACTOR * database.shareInUse, rests ? 1 : 0));
    size = nextBatch(size, tookMs, most);
  }
}
