import { Logger } from '@nestjs/common';
import {
  context,
  diag,
  DiagLogLevel,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { RequestSpan, TraceIds, Tracing } from './trace.js';

const SERVICE = 'inbox-allocation-service';
/** A collector that does not respond must not keep the process from ending. */
const FLUSH_MS = 2_000;
const SILENCE_MS = 60_000;

/**
 * Creates spans by the semantic conventions and sends them by OTLP over HTTP. OpenTelemetry reads the endpoint, the
 * headers, the name and the sampling from its own `OTEL_…` variables.
 */
export function openTelemetry(version: string): Tracing {
  logFailures();
  const ours = resourceFromAttributes({ 'service.name': SERVICE, 'service.version': version });
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(ours)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  const tracer = provider.getTracer(SERVICE, version);
  return {
    request: (method, route, headers) => {
      const parent = propagation.extract(ROOT_CONTEXT, headers);
      // The pattern of the route, because an address can hold a phone number.
      const attributes = { 'http.request.method': method, 'url.scheme': 'http', 'http.route': route };
      const name = route === undefined ? method : `${method} ${route}`;
      return requestSpan(tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent), parent);
    },
    statement: (text, run) =>
      trace.getActiveSpan() === undefined ? run() : inStatementSpan(tracer, text, run),
    ids: () => idsOf(trace.getActiveSpan()),
    stop: async () => {
      const patience = new Promise<void>((resolve) => setTimeout(resolve, FLUSH_MS).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), patience]);
    },
  };
}

function requestSpan(span: Span, parent: typeof ROOT_CONTEXT): RequestSpan {
  const inside = trace.setSpan(parent, span);
  return {
    ids: idsOf(span) ?? { trace_id: '', span_id: '' },
    run: (work) => context.with(inside, work),
    end: (status) => {
      span.setAttribute('http.response.status_code', status);
      if (status >= 500) fail(span, String(status));
      span.end();
    },
  };
}

/** The text has placeholders instead of values, so the span contains no values. */
function inStatementSpan<T>(tracer: Tracer, text: string, run: () => T): T {
  const operation = /\w+/.exec(text)?.[0].toUpperCase() ?? 'SQL';
  const attributes = {
    'db.system.name': 'postgresql',
    'db.operation.name': operation,
    'db.query.text': text,
  };
  const span = tracer.startSpan(operation, { kind: SpanKind.CLIENT, attributes });
  const result = run();
  Promise.resolve(result).then(
    () => span.end(),
    (error: unknown) => {
      // The message of the error can hold values of the statement.
      const { code = 'error' } = error as { code?: string };
      span.setAttribute('db.response.status_code', code);
      fail(span, code);
      span.end();
    },
  );
  return result;
}

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function idsOf(span: Span | undefined): TraceIds | undefined {
  if (span === undefined) return undefined;
  const { traceId, spanId } = span.spanContext();
  return { trace_id: traceId, span_id: spanId };
}

/**
 * Logs that sending fails. The messages of OpenTelemetry can contain URLs with a password and appear for every batch,
 * so they are not used.
 */
function logFailures(): void {
  const logger = new Logger('Tracing');
  let loggedAt = -Infinity;
  const tell = () => {
    if (performance.now() - loggedAt < SILENCE_MS) return;
    loggedAt = performance.now();
    logger.warn(
      'traces cannot be sent: check that OTEL_EXPORTER_OTLP_ENDPOINT is right and that it responds',
    );
  };
  const nothing = () => undefined;
  diag.setLogger(
    { error: tell, warn: nothing, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
  );
}
