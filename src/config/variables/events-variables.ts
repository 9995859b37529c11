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
    turns: {
      name: 'WEBHOOK_TURNS',
      kind: wholeNumber(4, 1_000),
      default: '32',
      about:
        'Webhooks that this instance serves at the same time. A tenant gets at most a quarter, and another one only while it has fewer than are free',
    },
    nameLookups: {
      name: 'WEBHOOK_NAME_LOOKUPS',
      kind: wholeNumber(2, 1_000),
      default: '8',
      about: 'Names of webhook receivers that this instance looks up at the same time',
    },
    nameLookupsPerTenant: {
      name: 'WEBHOOK_NAME_LOOKUPS_PER_TENANT',
      kind: wholeNumber(1, 1_000),
      default: '2',
      about: 'The most of these of one tenant',
    },
    failedNameSeconds: {
      name: 'WEBHOOK_FAILED_NAME_SECONDS',
      kind: wholeNumber(0, 3_600),
      default: '60',
      about: 'How long the name of a receiver that did not resolve is not looked up again',
    },
    allowPrivateTargets: {
      name: 'WEBHOOK_ALLOW_PRIVATE_TARGETS',
      kind: yesOrNo(),
      default: 'no',
      about: '`yes` allows webhooks to private addresses and to the machine itself; for development only',
    },
  },
  feedRetentionDays: {
    name: 'FEED_RETENTION_DAYS',
    kind: wholeNumber(0, 36_500),
    default: '0',
    about:
      'Days that an entry of the ledger stays in the feed at least; 0: always. Cursors from before get `400 INVALID_CURSOR`. The entries stay, and so do histories and statistics',
  },
  streams: {
    pollIntervalMs: {
      name: 'STREAM_POLL_INTERVAL_MS',
      kind: wholeNumber(10, 60_000),
      default: '500',
      about:
        'Pause between two reads of new events, for each tenant with open streams; after news up to five times shorter',
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
    limitPerTenant: {
      name: 'STREAM_LIMIT_PER_TENANT',
      kind: wholeNumber(1, 100_000),
      defaultInWords: 'a quarter of `STREAM_LIMIT`',
      about: 'The most streams of one tenant in one process',
    },
    limitPerPrincipal: {
      name: 'STREAM_LIMIT_PER_PRINCIPAL',
      kind: wholeNumber(1, 100_000),
      default: '20',
      about: 'The most streams of one operator, API key or service in one process',
    },
  },
} as const satisfies VariableTree;
