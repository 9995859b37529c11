import type { ACTIONS } from '../../src/audit/audited.js';
import type { Headers } from './application.js';
import { messageTo, report } from './messages.js';
import { PLATFORM_KEY } from './settings.js';
import type { World } from './world.js';

/** What changes, and what its entry says. */
export interface AuditedChange {
  path: string;
  body?: object;
  by?: Headers;
  says: { action: keyof typeof ACTIONS; before: object | null; after: object | null };
}

async function made(world: World, path: string, body: object, headers = world.admin) {
  const { body: thing } = await world.app.call('post', path, headers).send(body).expect(201);
  return thing as { id: string };
}

const webhookOf = (world: World) =>
  made(world, '/webhooks', { url: 'https://hooks.customer.example/secret-path' });

/** A change by each route that changes the configuration. */
export const AUDITED_CHANGES: Record<string, (world: World) => Promise<AuditedChange>> = {
  'POST /inboxes': () =>
    Promise.resolve({
      path: '/inboxes',
      body: { name: 'Returns', distribution: 'ROUND_ROBIN' },
      says: {
        action: 'inbox.created',
        before: null,
        after: { name: 'Returns', distribution: 'ROUND_ROBIN' },
      },
    }),
  'POST /inboxes/batch': () =>
    Promise.resolve({
      path: '/inboxes/batch',
      body: { inboxes: [{ name: 'Returns', distribution: 'ROUND_ROBIN' }, {}] },
      says: {
        action: 'inbox.created',
        before: null,
        after: { name: 'Returns', distribution: 'ROUND_ROBIN' },
      },
    }),
  'PATCH /inboxes/{id}': async (world) => ({
    path: `/inboxes/${(await world.inbox({ name: 'Sales' })).id}`,
    body: { name: 'Shop', distribution: 'PULL' },
    says: { action: 'inbox.updated', before: { name: 'Sales' }, after: { name: 'Shop' } },
  }),
  'POST /inboxes/{id}/labels': async (world) => {
    const { id } = await world.inbox();
    return {
      path: `/inboxes/${id}/labels`,
      body: { name: 'vip' },
      says: { action: 'label.created', before: null, after: { name: 'vip', inboxId: id } },
    };
  },
  'PATCH /labels/{id}': async (world) => ({
    path: `/labels/${(await made(world, `/inboxes/${(await world.inbox()).id}/labels`, { name: 'vip' })).id}`,
    body: { color: '#d97706' },
    says: { action: 'label.updated', before: { color: null }, after: { color: '#d97706' } },
  }),
  'DELETE /leads/{id}': async (world) => {
    const lead = { externalId: 'crm-1', name: 'Carla' };
    const { conversation } = await report(world, messageTo(await world.inbox(), { lead }));
    return {
      path: `/leads/${conversation.leadId}`,
      says: { action: 'lead.erased', before: { isErased: false }, after: { isErased: true } },
    };
  },
  'DELETE /labels/{id}': async (world) => ({
    path: `/labels/${(await made(world, `/inboxes/${(await world.inbox()).id}/labels`, { name: 'vip' })).id}`,
    says: { action: 'label.deleted', before: { name: 'vip' }, after: null },
  }),
  'POST /operators': () =>
    Promise.resolve({
      path: '/operators',
      body: { name: 'Otto', email: 'carla@customer.example', maxLoad: 3 },
      says: {
        action: 'operator.created',
        before: null,
        after: { name: 'Otto', email: '[hidden]', maxLoad: 3, role: 'OPERATOR', isActive: true },
      },
    }),
  'POST /operators/batch': () =>
    Promise.resolve({
      path: '/operators/batch',
      body: { operators: [{ name: 'Otto', externalId: 'otto', maxLoad: 3 }, { name: '' }] },
      says: {
        action: 'operator.created',
        before: null,
        after: { name: 'Otto', externalId: 'otto', maxLoad: 3, role: 'OPERATOR', isActive: true },
      },
    }),
  'PUT /operators/{id}': async (world) => {
    await world.operator({ externalId: 'otto' });
    return {
      path: '/operators/otto',
      body: { name: 'Otto', role: 'MANAGER' },
      says: {
        action: 'operator.updated',
        before: { role: 'OPERATOR' },
        after: { name: 'Otto', role: 'MANAGER' },
      },
    };
  },
  'PATCH /operators/{id}': async (world) => ({
    path: `/operators/${(await world.operator()).id}`,
    body: { role: 'MANAGER', email: 'carla@customer.example' },
    says: {
      action: 'operator.updated',
      before: { role: 'OPERATOR', email: null },
      after: { role: 'MANAGER', email: '[hidden]' },
    },
  }),
  'PATCH /tenant/settings': () =>
    Promise.resolve({
      path: '/tenant/settings',
      body: { gracePeriodSeconds: 77 },
      says: {
        action: 'tenant.updated',
        before: { gracePeriodSeconds: 900 },
        after: { gracePeriodSeconds: 77 },
      },
    }),
  'POST /api-keys': () =>
    Promise.resolve({
      path: '/api-keys',
      body: { name: 'crm', requestSigning: true },
      says: {
        action: 'api-key.created',
        before: null,
        after: { name: 'crm', requestSigning: true, isRevoked: false },
      },
    }),
  'DELETE /api-keys/{id}': async (world) => ({
    path: `/api-keys/${(await made(world, '/api-keys', { name: 'crm' })).id}`,
    says: { action: 'api-key.revoked', before: { isRevoked: false }, after: { isRevoked: true } },
  }),
  'POST /webhooks': () =>
    Promise.resolve({
      path: '/webhooks',
      body: { url: 'https://hooks.customer.example/secret-path', description: 'CRM' },
      says: {
        action: 'webhook.created',
        before: null,
        after: { url: '[hidden]', description: 'CRM', enabled: true },
      },
    }),
  'PATCH /webhooks/{id}': async (world) => ({
    path: `/webhooks/${(await webhookOf(world)).id}`,
    body: { enabled: false, url: 'https://hooks.customer.example/other-path' },
    says: {
      action: 'webhook.updated',
      before: { enabled: true, url: '[hidden]' },
      after: { enabled: false, url: '[hidden]' },
    },
  }),
  'DELETE /webhooks/{id}': async (world) => ({
    path: `/webhooks/${(await webhookOf(world)).id}`,
    says: { action: 'webhook.deleted', before: { url: '[hidden]', enabled: true }, after: null },
  }),
  'POST /webhooks/{id}/rotate-secret': async (world) => ({
    path: `/webhooks/${(await webhookOf(world)).id}/rotate-secret`,
    says: { action: 'webhook.secret-rotated', before: { secret: '[hidden]' }, after: { secret: '[hidden]' } },
  }),
  'POST /inboxes/{id}/operators': async (world) => {
    const { id } = await world.operator();
    return {
      path: `/inboxes/${(await world.inbox()).id}/operators`,
      body: { operatorId: id, weight: 30 },
      says: {
        action: 'inbox.subscriptions-changed',
        before: { subscriptions: {} },
        after: { subscriptions: { [id]: { weight: 30, maxLoad: null } } },
      },
    };
  },
  'PUT /inboxes/{id}/operators': async (world) => {
    const inbox = await world.inbox();
    const [stays, changes, goes] = [
      await world.operator({ inboxes: [inbox] }),
      await world.operator({ inboxes: [inbox] }),
      await world.operator({ inboxes: [inbox] }),
    ];
    const [one, other] = [
      { weight: 1, maxLoad: null },
      { weight: 9, maxLoad: 2 },
    ];
    return {
      path: `/inboxes/${inbox.id}/operators`,
      body: [
        { operatorId: stays.id, weight: 1 },
        { operatorId: changes.id, ...other },
      ],
      says: {
        action: 'inbox.subscriptions-changed',
        before: { subscriptions: { [changes.id]: one, [goes.id]: one } },
        after: { subscriptions: { [changes.id]: other } },
      },
    };
  },
  'DELETE /inboxes/{id}/operators/{operatorId}': async (world) => {
    const inbox = await world.inbox();
    const { id } = await world.operator({ inboxes: [inbox] });
    return {
      path: `/inboxes/${inbox.id}/operators/${id}`,
      says: {
        action: 'inbox.subscriptions-changed',
        before: { subscriptions: { [id]: { weight: 1, maxLoad: null } } },
        after: { subscriptions: {} },
      },
    };
  },
  'POST /tenants': () =>
    Promise.resolve({
      path: '/tenants',
      by: { Authorization: `Bearer ${PLATFORM_KEY}` },
      body: { name: 'New tenant', admin: { name: 'Ada' } },
      says: { action: 'tenant.created', before: null, after: { name: 'New tenant' } },
    }),
  'POST /tenants/{id}/admins': (world) =>
    Promise.resolve({
      path: `/tenants/${world.tenantId}/admins`,
      by: { Authorization: `Bearer ${PLATFORM_KEY}` },
      body: { name: 'Grace', email: 'carla@customer.example' },
      says: {
        action: 'operator.created',
        before: null,
        after: { name: 'Grace', role: 'ADMIN', email: '[hidden]' },
      },
    }),
  'PATCH /tenants/{id}': (world) =>
    Promise.resolve({
      path: `/tenants/${world.tenantId}`,
      by: { Authorization: `Bearer ${PLATFORM_KEY}` },
      body: { isSuspended: true, externalId: `org-${world.tenantId}` },
      says: {
        action: 'tenant.updated',
        before: { isSuspended: false, externalId: null },
        after: { isSuspended: true, externalId: `org-${world.tenantId}` },
      },
    }),
  'DELETE /tenants/{id}': async (world) => {
    const by = { Authorization: `Bearer ${PLATFORM_KEY}` };
    const path = `/tenants/${world.tenantId}`;
    await world.app.call('patch', path, by).send({ isSuspended: true }).expect(200);
    return {
      path,
      by,
      says: { action: 'tenant.deleted', before: { isDeleted: false }, after: { isDeleted: true } },
    };
  },
};

/** They change what happens to conversations, customers and availability, which the ledger has, or change nothing. */
export const NO_CONFIGURATION = [
  'POST /allocation/accept',
  'POST /allocation/allocate',
  'POST /allocation/bulk',
  'POST /allocation/bulk/{id}/cancel',
  'POST /allocation/claim',
  'POST /allocation/deallocate',
  'POST /allocation/move-inbox',
  'POST /allocation/park',
  'POST /allocation/reassign',
  'POST /allocation/release',
  'POST /allocation/resolve',
  'POST /allocation/transfer',
  'POST /allocation/unpark',
  'PUT /conversations/{id}/boost',
  'PUT /conversations/{id}/labels/{labelId}',
  'DELETE /conversations/{id}/labels/{labelId}',
  'POST /conversations/search',
  'POST /grace-periods/expire',
  'PATCH /leads/{id}',
  'POST /leads/{id}/merge',
  'POST /events/tickets',
  'POST /leads/search',
  'PUT /operators/{id}/presence',
  'PUT /operators/{id}/status',
  'POST /orchestrator/messages',
  'POST /orchestrator/messages/batch',
  'POST /orchestrator/outlook',
  'POST /orchestrator/replies',
  'POST /webhooks/{id}/deliveries/{deliveryId}/redeliver',
];
