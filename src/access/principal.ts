import { Problem } from '../http/problem.js';

/** Who is calling. Never read from a body or a query. */
export type Principal = OperatorPrincipal | ServicePrincipal | PlatformPrincipal;

export type Role = 'OPERATOR' | 'MANAGER' | 'ADMIN';
export const ROLES = ['OPERATOR', 'MANAGER', 'ADMIN'] as const satisfies readonly Role[];

export interface OperatorPrincipal {
  readonly kind: 'operator';
  readonly tenantId: string;
  readonly operatorId: string;
  readonly role: Role;
}

export interface ServicePrincipal {
  readonly kind: 'service';
  readonly tenantId: string;
  /** What the ledger calls it: the name of its key, or what the gateway calls it. */
  readonly name: string;
  /** The key it proved itself with; null behind a gateway. */
  readonly apiKeyId: string | null;
  /** The id under which the request is signed; null where the key demands no signature. */
  readonly signedId: string | null;
}

export interface PlatformPrincipal {
  readonly kind: 'platform';
}

/** Someone inside one tenant. */
export type TenantPrincipal = OperatorPrincipal | ServicePrincipal;

/** Who may call a route: a role, or a kind of principal without roles. */
export type Right = Role | 'SERVICE' | 'PLATFORM';

export function rightOf(principal: Principal): Right {
  switch (principal.kind) {
    case 'operator':
      return principal.role;
    case 'service':
      return 'SERVICE';
    case 'platform':
      return 'PLATFORM';
  }
}

/** Tells principals of a tenant apart, for what is counted or kept per principal. */
export function identityOf(principal: TenantPrincipal): string {
  if (principal.kind === 'operator') return `operator:${principal.operatorId}`;
  return principal.apiKeyId === null ? `service:${principal.name}` : `key:${principal.apiKeyId}`;
}

/** Sees and handles the whole tenant, not only subscribed inboxes. */
export function seesWholeTenant(principal: TenantPrincipal): boolean {
  return principal.kind === 'service' || principal.role !== 'OPERATOR';
}

export function unauthenticated(): Problem {
  return new Problem('UNAUTHENTICATED', 'Prove who is calling: see "Who is calling" in the documentation.');
}

/** The OPERATOR beyond whose inboxes and conversations the caller sees nothing; null: the whole tenant is visible. */
export function restrictedTo(principal: TenantPrincipal): string | null {
  return principal.kind === 'operator' && !seesWholeTenant(principal) ? principal.operatorId : null;
}
