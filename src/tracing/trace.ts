import type { IncomingHttpHeaders } from 'node:http';

/** Traces requests and their statements. `open-telemetry.ts` implements it. */
export interface Tracing {
  /** Starts the span of a request, as part of the trace in its `traceparent`, if it has one. */
  request(method: string, route: string | undefined, headers: IncomingHttpHeaders): RequestSpan;
  /** Runs a statement in its own span, when it belongs to a request. */
  statement<T>(text: string, run: () => T): T;
  /** The current trace and span, for log lines. */
  ids(): TraceIds | undefined;
  /** Sends the remaining spans. */
  stop(): Promise<void>;
}

export interface RequestSpan {
  readonly ids: TraceIds;
  /** Runs `work` so that its statements belong to the request. */
  run(work: () => void): void;
  end(status: number): void;
}

/** The names that OpenTelemetry uses in logs. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
}
