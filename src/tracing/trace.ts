import type { IncomingHttpHeaders } from 'node:http';

/** What is traced: requests, and the statements they lead to. `open-telemetry.ts` does it. */
export interface Tracing {
  /** Begins the span of a request, as part of the trace that its `traceparent` names, if it names one. */
  request(method: string, route: string | undefined, headers: IncomingHttpHeaders): RequestSpan;
  /** Runs a statement in a span of its own, if it belongs to a request. */
  statement<T>(text: string, run: () => T): T;
  /** Where we are, for lines of the log. */
  ids(): TraceIds | undefined;
  /** Sends what has not been sent. */
  stop(): Promise<void>;
}

export interface RequestSpan {
  readonly ids: TraceIds;
  /** Whatever `work` leads to belongs to the request. */
  run(work: () => void): void;
  end(status: number): void;
}

/** As OpenTelemetry calls them in logs. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
}
