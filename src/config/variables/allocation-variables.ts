import { notNegative, wholeNumber, yesOrNo } from '../kinds.js';
import type { VariableTree } from '../variable.js';

const DAY_SECONDS = 24 * 60 * 60;

export const ALLOCATION = {
  priority: {
    alpha: {
      name: 'PRIORITY_ALPHA',
      kind: notNegative(),
      default: '0.4',
      about: "Weight of the message count in a new tenant's priority score",
    },
    beta: {
      name: 'PRIORITY_BETA',
      kind: notNegative(),
      default: '0.6',
      about:
        "Weight of the waiting time in a new tenant's priority score. One of the two weights must be greater than 0",
    },
  },
  coalescesAllocate: {
    name: 'ALLOCATE_COALESCING',
    kind: yesOrNo(),
    default: 'yes',
    about: '`yes` puts concurrent allocations of a tenant into one transaction',
  },
  gracePeriodSeconds: {
    name: 'GRACE_PERIOD_SECONDS',
    kind: wholeNumber(0, 30 * DAY_SECONDS),
    default: '900',
    about:
      'How long an OFFLINE operator of a new tenant keeps conversations; with 0 they are queued again at once',
  },
  idempotency: {
    ttlHours: {
      name: 'IDEMPOTENCY_TTL_HOURS',
      kind: wholeNumber(1, 365 * 24),
      default: '24',
      about: 'How long the response for an `Idempotency-Key` is stored',
    },
    responseKilobytes: {
      name: 'IDEMPOTENCY_RESPONSE_KB',
      kind: wholeNumber(1, 10_240),
      default: '64',
      about: 'The largest response that is stored, compressed; of a larger one only the status',
    },
    tenantMegabytes: {
      name: 'IDEMPOTENCY_TENANT_MB',
      kind: wholeNumber(1, 1_048_576),
      default: '1024',
      about:
        'What a tenant can store within `IDEMPOTENCY_TTL_HOURS` through one instance; above it only the status is stored',
    },
  },
} as const satisfies VariableTree;
