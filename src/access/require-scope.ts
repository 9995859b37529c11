import { Problem } from '../http/problem.js';
import type { KeyScope } from './key-scopes.js';
import type { ServicePrincipal } from './principal.js';

/** @throws FORBIDDEN for a service that has none of the scopes */
export function requireScope({ scopes }: ServicePrincipal, needed: readonly KeyScope[]): void {
  if (needed.some((scope) => scopes.includes(scope))) return;
  const detail = `This operation needs an API key with the scope ${needed.join(' or ')}. You have ${scopes.join(', ')}.`;
  throw new Problem('FORBIDDEN', detail, {}, `without scope ${needed.join(' or ')}`);
}
