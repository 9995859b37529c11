import { setTimeout as pause } from 'node:timers/promises';

const PAUSE_MS = 5;

/** Looks again and again until it is so. @throws when it is not so in time */
export async function until(isSo: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not so within ${withinMs} ms: ${isSo.toString()}`);
    await pause(PAUSE_MS);
  }
}
