import type { KeyScope } from './key-scopes.js';

/** The authenticated caller. It never comes from a body or a query. */
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
  /** The name in the ledger: the name of the key, or the name that the gateway sends. */
  readonly name: string;
  /** The API key of the service; null behind a gateway. */
  readonly apiKeyId: string | null;
  /** The id of the signed request; null when the key requires no signature. */
  readonly signedId: string | null;
  /** What it may do: by its API key, or what every service may by default. */
  readonly scopes: readonly KeyScope[];
}

export interface PlatformPrincipal {
  readonly kind: 'platform';
}

/** A principal that belongs to one tenant. */
export type TenantPrincipal = OperatorPrincipal | ServicePrincipal;

/** Who can call a route: a role, or a kind of principal without roles. */
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

/** Whose a request is, when its rights are not known yet. */
export interface CallerIdentity {
  readonly tenantId: string;
  /** As `identityOf` writes it. */
  readonly identity: string;
}

/** Distinguishes the principals of a tenant, for counters and caches. */
export function identityOf(principal: TenantPrincipal): string {
  if (principal.kind === 'operator') return operatorIdentity(principal.operatorId);
  return principal.apiKeyId === null ? `service:${principal.name}` : keyIdentity(principal.apiKeyId);
}

export function keyIdentity(keyId: string): string {
  return `key:${keyId}`;
}

export function operatorIdentity(operatorId: string): string {
  return `operator:${operatorId}`;
}

/** Whether the principal sees the whole tenant and not only subscribed inboxes. */
export function seesWholeTenant(principal: TenantPrincipal): boolean {
  return principal.kind === 'service' || principal.role !== 'OPERATOR';
}

/** The OPERATOR whose visibility limits the caller; null when the caller sees the whole tenant. */
export function restrictedTo(principal: TenantPrincipal): string | null {
  return principal.kind === 'operator' && !seesWholeTenant(principal) ? principal.operatorId : null;
}
