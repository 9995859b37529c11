import { setTimeout as pause } from 'node:timers/promises';

const PAUSE_MS = 5;

/** Polls until the condition holds. @throws after a time limit */
export async function until(isSo: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not so within ${withinMs} ms: ${isSo.toString()}`);
    await pause(PAUSE_MS);
  }
}
