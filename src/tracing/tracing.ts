import { AsyncLocalStorage } from 'node:async_hooks';
import type { Tracing } from './trace.js';

let running: Tracing | null = null;

/** null when tracing is off. Then OpenTelemetry is not loaded. */
export function tracing(): Tracing | null {
  return running;
}

/** Call it before the application is created, because it loads OpenTelemetry. */
export async function startTracing(version: string): Promise<void> {
  const { openTelemetry } = await import('./open-telemetry.js');
  running = openTelemetry(version);
}

/** Runs a function in a captured context. */
export type Within = <T>(work: () => T) => T;

/**
 * For work that several requests share: it appears in the trace of one of them. Capturing has a cost, so use it only
 * for such work.
 */
export function captureContext(): Within {
  return running === null ? (work) => work() : AsyncLocalStorage.snapshot();
}
