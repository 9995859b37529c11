import { httpUrl, oneOf, secret, wholeNumber } from '../kinds.js';
import type { VariableTree } from '../variable.js';

export const OBSERVATION = {
  logLevel: {
    name: 'LOG_LEVEL',
    kind: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    default: 'info',
    about: 'The lowest level of the log lines that are written',
  },
  metrics: {
    token: {
      name: 'METRICS_TOKEN',
      kind: secret(16),
      about:
        'The bearer token for `GET /metrics`. Without it everybody can read the metrics, and they name no inbox',
    },
    intervalSeconds: {
      name: 'METRICS_INTERVAL_SECONDS',
      kind: wholeNumber(0, 3600),
      default: '10',
      about:
        'How long `GET /metrics` caches what it measured in the database; 0: no measurement in the database',
    },
    inboxes: {
      name: 'METRICS_INBOXES',
      kind: wholeNumber(0, 10_000),
      default: '100',
      about: 'How many inboxes `GET /metrics` names: those with the longest waits. The others are summed up',
    },
  },
  tracesEndpoint: {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    kind: httpUrl('http://collector:4318'),
    about: 'The target of traces, by OTLP over HTTP. Without it OpenTelemetry is not loaded',
  },
} as const satisfies VariableTree;
