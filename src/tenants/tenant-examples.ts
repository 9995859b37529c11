import type { NewTenant, TenantResponse } from './tenant.js';

/** For the API document: the demo tenant with new weights. */
export const RERANKED: TenantResponse = {
  id: '019c8f00-0000-7000-8000-000000000001',
  name: 'Demo Tenant',
  externalId: null,
  isSuspended: false,
  settings: {
    alpha: 0.3,
    beta: 0.7,
    normalization: 'FIXED',
    maxMessageCount: 100,
    maxDelayMinutes: 1440,
    candidateWindow: 100,
    delayBasis: 'LAST_MESSAGE',
    countBasis: 'WAITING',
    gracePeriodSeconds: 900,
    declineSeconds: 900,
    presenceTimeoutSeconds: null,
    operatorsMayHandOver: true,
    missesBeforePause: 2,
    maxParked: 20,
    backlogPerMinute: 10,
    unattendedSeconds: 60,
    retentionDays: null,
    autoSubscribe: false,
    defaultMaxLoad: null,
    defaultInboxId: null,
  },
  createdAt: '2026-03-02T09:30:00.000Z',
  updatedAt: '2026-03-02T10:00:00.000Z',
};

/** For the API document: a tenant that was just created. */
export const CREATED: NewTenant = {
  tenant: {
    ...RERANKED,
    id: '019c8f00-0000-7000-8000-000000000002',
    name: 'Acme',
    settings: { ...RERANKED.settings, alpha: 0.4, beta: 0.6, defaultMaxLoad: 5 },
    updatedAt: RERANKED.createdAt,
  },
  admin: {
    id: '019c8f00-0000-7000-8000-000000000021',
    tenantId: '019c8f00-0000-7000-8000-000000000002',
    name: 'Ada Admin',
    email: 'ada@acme.example',
    externalId: null,
    role: 'ADMIN',
    maxLoad: 5,
    isActive: true,
    isReleasing: false,
    status: 'OFFLINE',
    statusReason: null,
    lastStatusChangeAt: RERANKED.createdAt,
    createdAt: RERANKED.createdAt,
    updatedAt: RERANKED.createdAt,
  },
};
