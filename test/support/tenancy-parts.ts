import type { Headers } from './application.js';
import type { FullTenant } from './full-tenant.js';
import type { Route } from './openapi.js';

/** All callers of a tenant who may call the route. */
export function callersOf(
  { operation }: Route,
  { world, operator, manager, service }: FullTenant,
): [string, Headers][] {
  const all: [string, Headers][] = [
    ['OPERATOR', operator.headers],
    ['MANAGER', manager.headers],
    ['ADMIN', world.admin],
    ['SERVICE', service],
  ];
  return all.filter(([right]) => operation['x-allowed']?.includes(right));
}

/** The id for a path parameter, by the segments before it. */
export function idFor(path: string, name: string, of: FullTenant): string {
  const before = path.slice(0, path.indexOf(`{${name}}`));
  if (before.endsWith('/operators/')) return of.operator.id;
  if (before.endsWith('/inboxes/')) return of.inbox.id;
  // An OPERATOR may only label conversations that they hold, and only a holder hands over.
  if (before.endsWith('/conversations/'))
    return /\/labels\/|\/receivers$/.test(path) ? of.held.id : of.waiting.id;
  if (before.endsWith('/labels/')) return of.labelId;
  if (before.endsWith('/leads/')) return of.leadId;
  if (before.endsWith('/api-keys/')) return of.apiKeyId;
  if (before.endsWith('/webhooks/')) return of.webhookId;
  if (before.endsWith('/deliveries/')) return of.deliveryId;
  if (before.endsWith('/bulk/')) return of.bulkId;
  if (before.endsWith('/tenants/')) return of.world.tenantId;
  throw new Error(`what kind of id is ${name} of ${path}?`);
}

/** Every id and text of the other tenant. */
export function secretsOf(full: FullTenant): string[] {
  const {
    world,
    inbox,
    operator,
    manager,
    waiting,
    held,
    resolved,
    labelId,
    leadId,
    otherLeadId,
    leadEmail,
  } = full;
  const ids = [inbox, operator, manager, waiting, held, resolved].map(({ id }) => id);
  const texts = [leadEmail, full.word, full.inboxPhone, full.customerPhone, full.apiKey, full.webhookSecret];
  return [
    world.tenantId,
    ...ids,
    labelId,
    leadId,
    otherLeadId,
    full.apiKeyId,
    full.webhookId,
    full.deliveryId,
    full.bulkId,
    ...texts,
  ];
}
