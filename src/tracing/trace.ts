import type { IncomingHttpHeaders } from 'node:http';

/** What is traced: requests, and the statements they lead to. `open-telemetry.ts` does it. */
export interface Tracing {
  /** Begins the span of a request, as part of the trace that its `traceparent` names, if it names one. */
  request(method: string, route: string | undefined, headers: IncomingHttpHeaders): RequestSpan;
  /** Runs a statement in a span of its own, if it belongs to a request. */
  statement<T>(text: string, run: () => T): T;
  /** The current trace and span, for lines of the log. */
  ids(): TraceIds | undefined;
  /** Sends the remaining spans. */
  stop(): Promise<void>;
}

export interface RequestSpan {
  readonly ids: TraceIds;
  /** Runs `work` so that all its statements belong to the request. */
  run(work: () => void): void;
  end(status: number): void;
}

/** Named as OpenTelemetry names them in logs. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
}
