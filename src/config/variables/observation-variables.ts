import { httpUrl, oneOf, secret, wholeNumber } from '../kinds.js';
import type { VariableTree } from '../variable.js';

export const OBSERVATION = {
  logLevel: {
    name: 'LOG_LEVEL',
    kind: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    default: 'info',
    about: 'The least important lines that are logged',
  },
  metrics: {
    token: {
      name: 'METRICS_TOKEN',
      kind: secret(16),
      about:
        'What a scraper of `GET /metrics` sends as a bearer token. Without one everybody may read them, and no inbox is named',
    },
    intervalSeconds: {
      name: 'METRICS_INTERVAL_SECONDS',
      kind: wholeNumber(0, 3600),
      default: '10',
      about: 'How long `GET /metrics` repeats what was measured in the database; 0 measures nothing there',
    },
    inboxes: {
      name: 'METRICS_INBOXES',
      kind: wholeNumber(0, 10_000),
      default: '100',
      about: 'How many inboxes `GET /metrics` names, those with the longest waits; the rest is one sum',
    },
  },
  tracesEndpoint: {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    kind: httpUrl('http://collector:4318'),
    about: 'Where traces are sent by OTLP over HTTP. Without it OpenTelemetry is not loaded',
  },
} as const satisfies VariableTree;
