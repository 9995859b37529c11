import { setTimeout as pause } from 'node:timers/promises';
import { isConnectionLost, isTransient, OutcomeUnknown, sqlStateOf } from './failure.js';
import { countRetry } from './retry-metrics.js';

const ATTEMPTS = 4;

export function isKnownToBeUndone(error: unknown): boolean {
  return isTransient(error) || (isConnectionLost(error) && !(error instanceof OutcomeUnknown));
}

/** Only for work that checks whether it was done, or that can safely run twice. */
export function isWorthAnotherTry(error: unknown): boolean {
  return isTransient(error) || isConnectionLost(error);
}

/** Pauses grow and have jitter, so that transactions that collided do not collide again. */
export async function retrying<T>(
  isRepeatable: (error: unknown) => boolean,
  run: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (attempt === ATTEMPTS || !isRepeatable(error)) throw error;
      countRetry(sqlStateOf(error));
      const pauseMs = Math.random() * 10 * 2 ** attempt;
      await pause(pauseMs);
    }
  }
}
