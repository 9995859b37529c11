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
