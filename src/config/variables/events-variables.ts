import { wholeNumber, yesOrNo } from '../kinds.js';
import type { VariableTree } from '../variable.js';

const DAY_SECONDS = 24 * 60 * 60;

export const EVENTS = {
  webhooks: {
    intervalSeconds: {
      name: 'WEBHOOK_INTERVAL_SECONDS',
      kind: wholeNumber(0, DAY_SECONDS),
      default: '2',
      about: 'Pause between two looks for something to deliver; 0 switches deliveries off',
    },
    timeoutSeconds: {
      name: 'WEBHOOK_TIMEOUT_SECONDS',
      kind: wholeNumber(1, 60),
      default: '15',
      about: 'How long the receiver of a webhook may take to respond',
    },
    allowPrivateTargets: {
      name: 'WEBHOOK_ALLOW_PRIVATE_TARGETS',
      kind: yesOrNo(),
      default: 'no',
      about: '`yes` lets webhooks lead to private addresses and to the machine itself: for development only',
    },
  },
  streams: {
    pollIntervalMs: {
      name: 'STREAM_POLL_INTERVAL_MS',
      kind: wholeNumber(10, 60_000),
      default: '500',
      about: 'Pause between two looks for new events, once for each tenant that somebody listens to',
    },
    heartbeatSeconds: {
      name: 'STREAM_HEARTBEAT_SECONDS',
      kind: wholeNumber(1, 300),
      default: '15',
      about: 'How often a stream shows that it lives, and how long its reader may take to read what waits',
    },
    lifetimeSeconds: {
      name: 'STREAM_LIFETIME_SECONDS',
      kind: wholeNumber(1, DAY_SECONDS),
      default: '900',
      about: 'After about this time a stream ends, and its reader comes back and proves again who they are',
    },
    limit: {
      name: 'STREAM_LIMIT',
      kind: wholeNumber(1, 100_000),
      default: '2000',
      about: 'Streams that one process serves',
    },
    limitPerPrincipal: {
      name: 'STREAM_LIMIT_PER_PRINCIPAL',
      kind: wholeNumber(1, 100_000),
      default: '20',
      about: 'Of these, streams of one operator, API key or service',
    },
  },
} as const satisfies VariableTree;
