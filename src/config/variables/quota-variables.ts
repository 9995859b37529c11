import { wholeNumber } from '../kinds.js';
import type { VariableTree } from '../variable.js';

const MANY = 10_000_000;

export const QUOTAS = {
  quotas: {
    apiKeys: {
      name: 'QUOTA_API_KEYS',
      kind: wholeNumber(1, MANY),
      default: '100',
      about: 'API keys, expired ones included until they are revoked',
    },
    webhooks: {
      name: 'QUOTA_WEBHOOKS',
      kind: wholeNumber(1, MANY),
      default: '50',
      about: 'Webhooks, disabled ones included',
    },
    operators: {
      name: 'QUOTA_OPERATORS',
      kind: wholeNumber(1, MANY),
      default: '10000',
      about: 'Operators who are active',
    },
    inboxes: {
      name: 'QUOTA_INBOXES',
      kind: wholeNumber(1, MANY),
      default: '1000',
      about: 'Inboxes',
    },
    subscriptions: {
      name: 'QUOTA_SUBSCRIPTIONS',
      kind: wholeNumber(1, MANY),
      default: '200000',
      about: 'Subscriptions over all inboxes. Those that autoSubscribe adds count too, but are never refused',
    },
    labels: {
      name: 'QUOTA_LABELS',
      kind: wholeNumber(1, MANY),
      default: '50000',
      about: 'Labels over all inboxes',
    },
  },
} as const satisfies VariableTree;
