import { AsyncLocalStorage } from 'node:async_hooks';
import type { Tracing } from './trace.js';

let running: Tracing | null = null;

/** null when tracing is off: then OpenTelemetry is not even loaded. */
export function tracing(): Tracing | null {
  return running;
}

/** Call it before the application is created. OpenTelemetry is loaded here, or not at all. */
export async function startTracing(version: string): Promise<void> {
  const { openTelemetry } = await import('./open-telemetry.js');
  running = openTelemetry(version);
}

/** Runs later work in the context of now. */
export type Within = <T>(work: () => T) => T;

/** For work that several requests share: it appears in the trace of one of them. It costs something, so it is for that only. */
export function captureContext(): Within {
  return running === null ? (work) => work() : AsyncLocalStorage.snapshot();
}
