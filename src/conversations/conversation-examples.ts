import type { ConversationResponse } from './conversation.js';

/** For the API document: conversations in several states. The ids belong to the demo data. */
export const WAITING: ConversationResponse = {
  id: '019c8f00-0000-7000-8000-000000000301',
  tenantId: '019c8f00-0000-7000-8000-000000000001',
  inboxId: '019c8f00-0000-7000-8000-000000000101',
  inboxName: 'Support',
  originInboxId: '019c8f00-0000-7000-8000-000000000101',
  externalConversationId: 'demo-1',
  customerPhoneNumber: '+4915112345601',
  customerAddress: null,
  displayName: 'Carla Customer',
  subject: null,
  leadId: null,
  state: 'QUEUED',
  assignedOperatorId: null,
  assignedOperatorName: null,
  lastOperatorId: null,
  lastOperatorName: null,
  messageCount: 3,
  waitingMessageCount: 3,
  lastMessageAt: '2026-03-02T09:30:00.000Z',
  waitingSince: '2026-03-02T07:20:00.000Z',
  boostMinutes: 0,
  lastReplyAt: null,
  awaitingReplySince: '2026-03-02T07:20:00.000Z',
  acceptBy: null,
  isParked: false,
  parkedUntil: null,
  priorityScore: 0.0662,
  labels: [{ id: '019c8f00-0000-7000-8000-000000000201', name: 'Refund', color: '#d97706' }],
  version: 1,
  createdAt: '2026-03-02T07:20:00.120Z',
  updatedAt: '2026-03-02T09:30:00.240Z',
  resolvedAt: null,
  outcome: null,
};

export const TAKEN: ConversationResponse = {
  ...WAITING,
  state: 'ALLOCATED',
  assignedOperatorId: '019c8f00-0000-7000-8000-000000000011',
  assignedOperatorName: 'Olivia Operator',
  priorityScore: null,
  version: 2,
  updatedAt: '2026-03-02T10:04:00.000Z',
};

/** Its customer has a reply. */
export const REPLIED: ConversationResponse = {
  ...TAKEN,
  lastReplyAt: '2026-03-02T10:06:00.000Z',
  awaitingReplySince: null,
};

/** Its holder waits for the customer. */
export const PARKED: ConversationResponse = {
  ...TAKEN,
  isParked: true,
  parkedUntil: '2026-03-03T08:00:00.000Z',
  version: 3,
  updatedAt: '2026-03-02T10:10:00.000Z',
};

export const RESOLVED: ConversationResponse = {
  ...WAITING,
  state: 'RESOLVED',
  lastOperatorId: '019c8f00-0000-7000-8000-000000000011',
  lastOperatorName: 'Olivia Operator',
  waitingMessageCount: 0,
  awaitingReplySince: null,
  priorityScore: null,
  version: 3,
  updatedAt: '2026-03-02T10:21:00.000Z',
  resolvedAt: '2026-03-02T10:21:00.000Z',
  outcome: 'HANDLED',
};

/** After its first message. */
export const NEW: ConversationResponse = {
  ...WAITING,
  id: '019c8f00-0000-7000-8000-000000000308',
  externalConversationId: 'thread-2041',
  customerPhoneNumber: '+4915112345678',
  displayName: 'Carla',
  leadId: '019c8f00-0000-7000-8000-000000000401',
  messageCount: 1,
  waitingMessageCount: 1,
  waitingSince: '2026-03-02T09:30:00.000Z',
  awaitingReplySince: '2026-03-02T09:30:00.000Z',
  priorityScore: 0.004,
  labels: [],
  createdAt: '2026-03-02T09:30:00.240Z',
};

/** After a boost of two hours. */
export const BOOSTED: ConversationResponse = {
  ...WAITING,
  boostMinutes: 120,
  priorityScore: 0.1162,
  version: 2,
  updatedAt: '2026-03-02T10:02:00.000Z',
};

/** After a deallocation. */
export const DEALLOCATED: ConversationResponse = {
  ...WAITING,
  id: '019c8f00-0000-7000-8000-000000000305',
  externalConversationId: 'demo-5',
  customerPhoneNumber: '+4915112345605',
  displayName: 'Frida Friend',
  messageCount: 2,
  waitingMessageCount: 2,
  priorityScore: 0.033,
  labels: [],
  version: 3,
  updatedAt: '2026-03-02T10:30:00.000Z',
};

/** After a reassignment to a colleague of its holder. */
export const REASSIGNED: ConversationResponse = {
  ...DEALLOCATED,
  state: 'ALLOCATED',
  assignedOperatorId: '019c8f00-0000-7000-8000-000000000011',
  assignedOperatorName: 'Olivia Operator',
  priorityScore: null,
};

/** After a move while it waited. */
export const MOVED: ConversationResponse = {
  ...WAITING,
  id: '019c8f00-0000-7000-8000-000000000303',
  inboxId: '019c8f00-0000-7000-8000-000000000102',
  inboxName: 'Sales',
  externalConversationId: 'demo-3',
  customerPhoneNumber: '+4915112345603',
  displayName: 'Dora Doubt',
  messageCount: 5,
  waitingMessageCount: 5,
  priorityScore: 0.0742,
  labels: [{ id: '019c8f00-0000-7000-8000-000000000204', name: 'VIP', color: '#9333ea' }],
  version: 2,
  updatedAt: '2026-03-02T11:40:00.000Z',
};
