import type { FullTenant } from './full-tenant.js';

export const messageOfMine = (changes: object) => ({
  externalConversationId: 'mine-new',
  customerPhoneNumber: '+4915112345678',
  ...changes,
});

/** Requests with an id of another tenant in the body. */
export const STOLEN: [route: string, bodyOf: (mine: FullTenant, foreign: FullTenant) => unknown][] = [
  ['POST /allocation/claim', (_, foreign) => ({ conversationId: foreign.waiting.id })],
  ['POST /allocation/resolve', (_, foreign) => ({ conversationId: foreign.held.id })],
  ['POST /allocation/deallocate', (_, foreign) => ({ conversationId: foreign.held.id })],
  ['POST /allocation/accept', (_, foreign) => ({ conversationId: foreign.held.id })],
  ['POST /allocation/park', (_, foreign) => ({ conversationId: foreign.held.id })],
  ['POST /allocation/unpark', (_, foreign) => ({ conversationId: foreign.held.id })],
  [
    'POST /allocation/reassign',
    (mine, foreign) => ({ conversationId: foreign.held.id, operatorId: mine.operator.id }),
  ],
  [
    'POST /allocation/reassign',
    (mine, foreign) => ({ conversationId: mine.held.id, operatorId: foreign.operator.id }),
  ],
  [
    'POST /allocation/move-inbox',
    (mine, foreign) => ({ conversationId: foreign.held.id, inboxId: mine.inbox.id }),
  ],
  [
    'POST /allocation/move-inbox',
    (mine, foreign) => ({ conversationId: mine.held.id, inboxId: foreign.inbox.id }),
  ],
  ['POST /allocation/bulk', (_, foreign) => ({ planId: foreign.bulkId })],
  ...[
    (foreign: FullTenant) => ({ type: 'reassign', operatorIds: [foreign.operator.id] }),
    (foreign: FullTenant) => ({ type: 'move', inboxId: foreign.inbox.id }),
    (foreign: FullTenant) => ({ type: 'label', labelId: foreign.labelId }),
    (foreign: FullTenant) => ({ type: 'unlabel', labelId: foreign.labelId }),
  ].map((actionOf): (typeof STOLEN)[number] => [
    'POST /allocation/bulk',
    (mine, foreign) => ({ select: { ids: [mine.held.id] }, action: actionOf(foreign) }),
  ]),
  ['POST /inboxes/{id}/operators', (_, foreign) => ({ operatorId: foreign.operator.id })],
  [
    'PUT /inboxes/{id}/operators',
    (mine, foreign) => [{ operatorId: mine.operator.id }, { operatorId: foreign.operator.id }],
  ],
  ['PATCH /tenant/settings', (_, foreign) => ({ defaultInboxId: foreign.inbox.id })],
  ['POST /leads/{id}/merge', (_, foreign) => ({ intoLeadId: foreign.leadId })],
  ['POST /webhooks', (_, foreign) => ({ url: 'https://93.184.215.14/', inboxId: foreign.inbox.id })],
  ['POST /orchestrator/messages', (_, foreign) => messageOfMine({ inboxId: foreign.inbox.id })],
  [
    'POST /orchestrator/replies',
    (_, foreign) => ({
      externalConversationId: foreign.held.externalConversationId,
      inboxId: foreign.inbox.id,
    }),
  ],
  [
    'POST /orchestrator/replies',
    (mine, foreign) => ({
      externalConversationId: mine.held.externalConversationId,
      inboxId: mine.inbox.id,
      operatorId: foreign.operator.id,
    }),
  ],
  ['POST /orchestrator/messages', (_, foreign) => messageOfMine({ inboxPhoneNumber: foreign.inboxPhone })],
];
