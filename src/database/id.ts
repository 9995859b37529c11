import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const RANDOM_BYTES = 16;
/** Asking the system for random bytes costs more than all the rest of an id: for so many ids at once. */
const pool = new Uint8Array(256 * RANDOM_BYTES);
let used = pool.length;

let msecs = 0;
let sequence = 0;

/** A new UUIDv7: ids made later by one process sort later. */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, (used += RANDOM_BYTES));
  // Given random bytes, uuid keeps no count of its own. As it does: 31 random bits to begin a millisecond with, then one
  // more for each id, and when these 32 bits are used up, the next millisecond.
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    sequence = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1;
  } else {
    sequence = (sequence + 1) | 0;
    if (sequence === 0) msecs++;
  }
  return v7({ random, msecs, seq: sequence });
}

/** Below every id: where a list that is ordered by id begins. */
export const LOWEST_ID = '00000000-0000-0000-0000-000000000000';
