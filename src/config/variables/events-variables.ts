import { wholeNumber, yesOrNo } from '../kinds.js';
import type { VariableTree } from '../variable.js';

const DAY_SECONDS = 24 * 60 * 60;

export const EVENTS = {
  webhooks: {
    intervalSeconds: {
      name: 'WEBHOOK_INTERVAL_SECONDS',
      kind: wholeNumber(0, DAY_SECONDS),
      default: '2',
      about: 'Pause between two searches for due deliveries; 0 disables deliveries',
    },
    timeoutSeconds: {
      name: 'WEBHOOK_TIMEOUT_SECONDS',
      kind: wholeNumber(1, 60),
      default: '15',
      about: 'How long a webhook receiver can take to respond',
    },
    allowPrivateTargets: {
      name: 'WEBHOOK_ALLOW_PRIVATE_TARGETS',
      kind: yesOrNo(),
      default: 'no',
      about: '`yes` allows webhooks to private addresses and to the machine itself; for development only',
    },
  },
  streams: {
    pollIntervalMs: {
      name: 'STREAM_POLL_INTERVAL_MS',
      kind: wholeNumber(10, 60_000),
      default: '500',
      about: 'Pause between two reads of new events, for each tenant with open streams',
    },
    heartbeatSeconds: {
      name: 'STREAM_HEARTBEAT_SECONDS',
      kind: wholeNumber(1, 300),
      default: '15',
      about: 'Pause between two heartbeats of a stream, and how long a client can take to read pending data',
    },
    lifetimeSeconds: {
      name: 'STREAM_LIFETIME_SECONDS',
      kind: wholeNumber(1, DAY_SECONDS),
      default: '900',
      about: 'A stream ends after about this time. The client then reconnects and authenticates again',
    },
    limit: {
      name: 'STREAM_LIMIT',
      kind: wholeNumber(1, 100_000),
      default: '2000',
      about: 'The most streams of one process',
    },
    limitPerPrincipal: {
      name: 'STREAM_LIMIT_PER_PRINCIPAL',
      kind: wholeNumber(1, 100_000),
      default: '20',
      about: 'The most streams of one operator, API key or service in one process',
    },
  },
} as const satisfies VariableTree;
