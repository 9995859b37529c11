import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../database/database.js';
import { nextBatch, smallestBatch } from './batch-size.js';

/** With all connections in use, background work pauses this many times as long as it works. */
const BUSY_PAUSE_FACTOR = 2;

/**
 * Runs batches of up to `most` until one finds less than it may do: small ones at first, and larger ones for as long as
 * they are quick, so that nobody waits long for what they lock. In between, requests go first: the more connections are
 * in use, the longer is the pause; alone, it goes on at once.
 * @returns how much all batches did
 */
export async function inBatches(
  database: Database,
  most: number,
  isStopping: () => boolean,
  batch: (size: number) => Promise<number>,
): Promise<number> {
  for (let done = 0, size = smallestBatch(most); ;) {
    const begun = performance.now();
    const count = await batch(size);
    done += count;
    if (count < size || isStopping()) return done;
    const tookMs = performance.now() - begun;
    await pause(tookMs * BUSY_PAUSE_FACTOR * database.shareInUse);
    size = nextBatch(size, tookMs, most);
  }
}
