import type { KeyScope } from './key-scopes.js';

/** A route as people name it, without the prefix: `POST /allocation/claim`. */
export type Route = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`;

/** How far an OPERATOR reaches. What lies further away does not exist for them, or is refused. */
export type OperatorScope =
  | 'any'
  | 'subscribed inboxes and their own'
  | 'subscribed inboxes'
  | 'conversations they hold'
  | 'their own'
  | 'their own subscription'
  | 'themselves'
  | 'each for themselves';

/** Who may call, and how far each reaches in their tenant. Who is missing may not. */
export interface Reach {
  readonly OPERATOR?: OperatorScope;
  readonly MANAGER?: 'any' | 'each for themselves' | 'their own';
  readonly ADMIN?: 'any' | 'each for themselves' | 'their own';
  readonly SERVICE?: 'any';
  readonly PLATFORM?: 'any';
}
export type Scope = NonNullable<Reach[keyof Reach]>;

/** What a route asks of its caller: one of those in the reach, or nothing at all. */
export type May = Reach | 'everybody';

interface RoutesOfRow {
  /** In the words of the rights table of the API. */
  readonly what: string;
  readonly routes: readonly Route[];
  /** Whether the routes change the configuration. Then each change is audited. */
  readonly isAudited?: true;
}
/** A service needs one of the scopes. */
interface RowOfServices {
  readonly may: Reach & { readonly SERVICE: 'any' };
  readonly scopes: readonly [KeyScope, ...KeyScope[]];
}
interface RowOfOthers {
  readonly may: (Reach & { readonly SERVICE?: never }) | 'everybody';
  readonly scopes?: never;
}
type Row = RoutesOfRow & (RowOfServices | RowOfOthers);

/**
 * Who may call what: every route stands here exactly once, or the application does not start. The guard, the texts of
 * the API document and the test of all cells come from here. The guard asks whether the caller may call at all; to
 * keep to the scope is the work of the services, which know whose the things are.
 */
export const RIGHTS: readonly Row[] = [
  {
    what: 'see conversations',
    routes: [
      'GET /conversations',
      'GET /conversations/search',
      'POST /conversations/search',
      'GET /conversations/{id}',
      'GET /conversations/{id}/history',
      'GET /conversations/{id}/explain',
      'GET /conversations/{id}/outlook',
      'GET /conversations/{id}/labels',
      'GET /leads',
      'GET /leads/{id}',
      'POST /leads/search',
      'GET /events',
      'GET /events/stream',
      'POST /events/tickets',
    ],
    may: { OPERATOR: 'subscribed inboxes and their own', MANAGER: 'any', ADMIN: 'any', SERVICE: 'any' },
    scopes: ['read'],
  },
  {
    what: 'export conversations',
    routes: ['GET /conversations/export'],
    may: { MANAGER: 'any', ADMIN: 'any', SERVICE: 'any' },
    scopes: ['read'],
  },
  {
    what: 'allocate, claim',
    routes: ['POST /allocation/allocate', 'POST /allocation/claim', 'GET /allocation/queue'],
    may: {
      OPERATOR: 'each for themselves',
      MANAGER: 'each for themselves',
      ADMIN: 'each for themselves',
    },
  },
  {
    what: 'resolve',
    routes: ['POST /allocation/resolve'],
    may: { OPERATOR: 'their own', MANAGER: 'any', ADMIN: 'any', SERVICE: 'any' },
    scopes: ['resolve'],
  },
  {
    what: 'accept, park, unpark',
    routes: ['POST /allocation/accept', 'POST /allocation/park', 'POST /allocation/unpark'],
    may: { OPERATOR: 'their own', MANAGER: 'their own', ADMIN: 'their own' },
  },
  {
    what: 'release, transfer',
    routes: ['POST /allocation/release', 'POST /allocation/transfer', 'GET /conversations/{id}/receivers'],
    may: { OPERATOR: 'their own', MANAGER: 'their own', ADMIN: 'their own' },
  },
  {
    what: 'deallocate, reassign, move',
    routes: ['POST /allocation/deallocate', 'POST /allocation/reassign', 'POST /allocation/move-inbox'],
    may: { MANAGER: 'any', ADMIN: 'any', SERVICE: 'any' },
    scopes: ['route'],
  },
  {
    what: 'run and cancel bulks',
    routes: ['POST /allocation/bulk', 'POST /allocation/bulk/{id}/cancel'],
    may: { MANAGER: 'any', ADMIN: 'any', SERVICE: 'any' },
    scopes: ['route'],
  },
  {
    what: 'see bulks',
    routes: ['GET /allocation/bulk/{id}'],
    may: { MANAGER: 'any', ADMIN: 'any', SERVICE: 'any' },
    scopes: ['read', 'route'],
  },
  {
    what: 'see the board, see and expire deadlines',
    routes: ['GET /board', 'GET /grace-periods', 'GET /deadlines', 'POST /grace-periods/expire'],
    may: { MANAGER: 'any', ADMIN: 'any' },
  },
  {
    what: 'boost',
    routes: ['PUT /conversations/{id}/boost'],
    may: { MANAGER: 'any', ADMIN: 'any', SERVICE: 'any' },
    // Messages carry boosts, too.
    scopes: ['route', 'ingest'],
  },
  {
    what: 'attach, detach labels',
    routes: ['PUT /conversations/{id}/labels/{labelId}', 'DELETE /conversations/{id}/labels/{labelId}'],
    may: { OPERATOR: 'conversations they hold', MANAGER: 'any', ADMIN: 'any', SERVICE: 'any' },
    // Who works on conversations labels them; messages have no labels.
    scopes: ['resolve'],
  },
  {
    what: 'change and merge leads',
    routes: ['PATCH /leads/{id}', 'POST /leads/{id}/merge'],
    may: { MANAGER: 'any', ADMIN: 'any', SERVICE: 'any' },
    scopes: ['admin:leads'],
  },
  {
    what: 'erase leads',
    routes: ['DELETE /leads/{id}'],
    may: { ADMIN: 'any', SERVICE: 'any' },
    scopes: ['admin:leads'],
    isAudited: true,
  },
  {
    what: 'define labels, inboxes, operators, settings, API keys, webhooks',
    routes: [
      'POST /inboxes/{id}/labels',
      'PATCH /labels/{id}',
      'DELETE /labels/{id}',
      'POST /inboxes',
      'POST /inboxes/batch',
      'PATCH /inboxes/{id}',
      'POST /operators',
      'POST /operators/batch',
      'PUT /operators/{id}',
      'PATCH /operators/{id}',
      'PATCH /tenant/settings',
      'POST /api-keys',
      'DELETE /api-keys/{id}',
      'POST /webhooks',
      'PATCH /webhooks/{id}',
      'DELETE /webhooks/{id}',
      'POST /webhooks/{id}/rotate-secret',
    ],
    may: { ADMIN: 'any' },
    isAudited: true,
  },
  {
    what: 'define labels, inboxes, operators, settings, API keys, webhooks',
    routes: [
      'GET /api-keys',
      'GET /webhooks',
      'GET /webhooks/{id}',
      'GET /webhooks/{id}/deliveries',
      'POST /webhooks/{id}/deliveries/{deliveryId}/redeliver',
      'GET /audit-events',
    ],
    may: { ADMIN: 'any' },
  },
  {
    what: 'look at inboxes and their labels',
    routes: ['GET /inboxes', 'GET /inboxes/{id}', 'GET /inboxes/{id}/labels'],
    may: { OPERATOR: 'subscribed inboxes', MANAGER: 'any', ADMIN: 'any', SERVICE: 'any' },
    scopes: ['read'],
  },
  {
    what: 'look at the tenant',
    routes: ['GET /me', 'GET /tenant'],
    may: { OPERATOR: 'any', MANAGER: 'any', ADMIN: 'any', SERVICE: 'any' },
    scopes: ['read'],
  },
  {
    what: 'subscriptions, availability, statistics',
    routes: ['GET /inboxes/{id}/operators'],
    may: { OPERATOR: 'their own subscription', MANAGER: 'any', ADMIN: 'any', SERVICE: 'any' },
    scopes: ['read'],
  },
  {
    what: 'subscriptions, availability, statistics',
    routes: ['GET /operators/{id}', 'GET /operators/{id}/status', 'GET /operators/{id}/stats'],
    may: { OPERATOR: 'themselves', MANAGER: 'any', ADMIN: 'any', SERVICE: 'any' },
    scopes: ['read'],
  },
  {
    what: 'subscriptions, availability, statistics',
    routes: [
      'GET /operators',
      'GET /stats/queue',
      'GET /stats/distribution',
      'GET /stats/waits',
      'GET /stats/operators',
      'GET /stats/outlook',
    ],
    may: { MANAGER: 'any', ADMIN: 'any', SERVICE: 'any' },
    scopes: ['read'],
  },
  {
    what: 'subscriptions, availability, statistics',
    routes: ['PUT /operators/{id}/status', 'PUT /operators/{id}/presence'],
    may: { OPERATOR: 'themselves', MANAGER: 'any', ADMIN: 'any' },
  },
  {
    what: 'subscriptions, availability, statistics',
    routes: [
      'POST /inboxes/{id}/operators',
      'PUT /inboxes/{id}/operators',
      'DELETE /inboxes/{id}/operators/{operatorId}',
    ],
    may: { MANAGER: 'any', ADMIN: 'any' },
    isAudited: true,
  },
  {
    what: 'ingest messages',
    routes: [
      'POST /orchestrator/messages',
      'POST /orchestrator/messages/batch',
      'POST /orchestrator/replies',
    ],
    may: { SERVICE: 'any' },
    scopes: ['ingest'],
  },
  {
    what: 'tell customers how long they will wait',
    routes: ['POST /orchestrator/outlook'],
    may: { SERVICE: 'any' },
    scopes: ['ingest', 'read'],
  },
  {
    what: 'create and list tenants',
    routes: ['POST /tenants', 'POST /tenants/{id}/admins', 'PATCH /tenants/{id}', 'DELETE /tenants/{id}'],
    may: { PLATFORM: 'any' },
    isAudited: true,
  },
  {
    what: 'create and list tenants',
    routes: ['GET /tenants', 'GET /tenants/{id}'],
    may: { PLATFORM: 'any' },
  },
  {
    // These have no prefix either: who runs the service asks them, whatever the version of the API.
    what: 'look at the service',
    routes: ['GET /health', 'GET /ready', 'GET /version', 'GET /metrics'],
    may: 'everybody',
  },
];
