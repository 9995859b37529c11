import { Problem } from '../http/problem.js';

/** For a caller who has proven who they are. */
export function tenantSuspended(): Problem {
  return new Problem('TENANT_SUSPENDED', 'Your tenant is suspended. Ask those who run the service.');
}
