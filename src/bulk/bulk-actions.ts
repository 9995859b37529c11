import type { KeyScope } from '../access/key-scopes.js';
import type { Route } from '../access/rights.js';
import { scopesFor } from '../access/routes.js';

/** What a bulk can do, and the route that does the same to one conversation. */
const ROUTES = {
  reassign: 'POST /allocation/reassign',
  deallocate: 'POST /allocation/deallocate',
  resolve: 'POST /allocation/resolve',
  move: 'POST /allocation/move-inbox',
  boost: 'PUT /conversations/{id}/boost',
  label: 'PUT /conversations/{id}/labels/{labelId}',
  unlabel: 'DELETE /conversations/{id}/labels/{labelId}',
} as const satisfies Record<string, Route>;

export type BulkActionType = keyof typeof ROUTES;
export const BULK_ACTIONS = Object.keys(ROUTES) as BulkActionType[];

/** The scopes of which a service needs one to do it, to one conversation or to many. */
export function scopesOfAction(type: BulkActionType): readonly KeyScope[] {
  return scopesFor(ROUTES[type]);
}
