import type { EventResponse } from '../ledger/event.js';
import { HEARTBEAT, retryText } from './stream-texts.js';

const EVENT: EventResponse = {
  id: '019c8f00-0000-7000-8000-000000000501',
  type: 'conversation.claimed',
  occurredAt: '2026-03-02T09:30:00.000Z',
  conversationId: '019c8f00-0000-7000-8000-000000000301',
  inboxId: '019c8f00-0000-7000-8000-000000000101',
  externalConversationId: 'demo-1',
  version: 2,
  actor: { type: 'OPERATOR', id: '019c8f00-0000-7000-8000-000000000011' },
  reason: 'Claimed by the operator',
  score: null,
  outcome: null,
  from: { state: 'QUEUED', operatorId: null, inboxId: '019c8f00-0000-7000-8000-000000000101' },
  to: {
    state: 'ALLOCATED',
    operatorId: '019c8f00-0000-7000-8000-000000000011',
    inboxId: '019c8f00-0000-7000-8000-000000000101',
  },
};

/** The beginning of a stream, for the API document. */
export const STREAM_EXAMPLE =
  `${retryText(2_500)}id: c2FtcGxlLWN1cnNvcg\n\n` +
  `id: bmV4dC1jdXJzb3I\nevent: ${EVENT.type}\ndata: ${JSON.stringify(EVENT)}\n\n${HEARTBEAT}`;
