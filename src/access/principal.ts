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
  readonly name: string;
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

/** Sees and handles the whole tenant, not only subscribed inboxes. */
export function seesWholeTenant(principal: TenantPrincipal): boolean {
  return principal.kind === 'service' || principal.role !== 'OPERATOR';
}
