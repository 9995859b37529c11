import type { TenantPrincipal } from '../access/principal.js';
import type { Actor } from './event.js';

export function actorOf(principal: TenantPrincipal): Actor & { id: string } {
  return principal.kind === 'operator'
    ? { type: 'OPERATOR', id: principal.operatorId }
    : { type: 'SERVICE', id: principal.name };
}
