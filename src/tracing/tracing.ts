import { AsyncLocalStorage } from 'node:async_hooks';
import type { Tracing } from './trace.js';

let running: Tracing | null = null;

/** null: nothing is traced, and nothing that could trace has been loaded. */
export function tracing(): Tracing | null {
  return running;
}

/** To be called before the application is made. OpenTelemetry is loaded here, or not at all. */
export async function startTracing(version: string): Promise<void> {
  const { openTelemetry } = await import('./open-telemetry.js');
  running = openTelemetry(version);
}

/** Runs what it is given later as a part of what runs now. */
export type Within = <T>(work: () => T) => T;

/** For work that is done for several together, and told in the trace of one of them. It has its price, so only there. */
export function captureContext(): Within {
  return running === null ? (work) => work() : AsyncLocalStorage.snapshot();
}
