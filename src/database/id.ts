import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const RANDOM_BYTES = 16;
/** One call for random bytes costs more than the rest of an id, so one call serves many ids. */
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
  // uuid keeps no counter when it is given random bytes. This counter follows its rules: each millisecond starts with
  // 31 random bits, each id adds one, and an overflow moves to the next millisecond.
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

/** New ids, each later than the one before. */
export function newIds(count: number): string[] {
  return Array.from({ length: count }, () => newId());
}

/** Sorts before every id, so a list in the order of ids starts here. */
export const LOWEST_ID = '00000000-0000-0000-0000-000000000000';

/** Sorts after every id. */
export const HIGHEST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
