import { setTimeout as pause } from 'node:timers/promises';
import { isTransient, sqlStateOf } from './failure.js';

/**
 * How long a migration waits for a lock. Everybody who needs the table queues up behind it meanwhile, so it is much
 * shorter than DATABASE_LOCK_TIMEOUT_MS.
 */
export const LOCK_TIMEOUT_MS = 1_000;
const PAUSE_MS = 1_000;
const PATIENCE_MS = 600_000;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Repeats a transaction that changes tables in use until nobody holds what it needs. Between the attempts it holds
 * nothing, so that others are served.
 * @param tell receives a line for each attempt that gave way
 */
export async function whenLocksAreFree<T>(work: () => Promise<T>, tell: (step: string) => void): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (Date.now() > end)
        throw new Error(
          'another session, such as a dump or a long transaction, did not release a table that has to be changed. Nothing was changed',
          { cause: error },
        );
      tell('another session holds what has to be changed: giving way and trying again');
      await pause(PAUSE_MS);
    }
  }
}

function isLocked(error: unknown): boolean {
  return isTransient(error) || sqlStateOf(error) === LOCK_NOT_AVAILABLE;
}
