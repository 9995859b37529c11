import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf, type Operation } from '../openapi/operation.js';
import type { ProblemCode } from '../http/problem.js';
import type { Reach } from './rights.js';
import type { KeyScope } from './key-scopes.js';
import { allowed, inWords, mayCall, routeName, scopesFor } from './routes.js';

/** Adds to every operation its callers, its security schemes and the errors for callers without the right. */
export function documentRights(document: OpenAPIObject): void {
  for (const { path, method, operation } of operationsOf(document)) {
    const name = routeName(method, path);
    const may = mayCall(name);
    if (may === 'everybody') operation.security = [];
    else restrict(operation, may, scopesFor(name));
  }
}

function restrict(operation: Operation, reach: Reach, scopes: readonly KeyScope[]): void {
  const forPeople = [reach.OPERATOR, reach.MANAGER, reach.ADMIN].some((scope) => scope !== undefined);
  const scope =
    scopes.length === 0
      ? ''
      : ` A service needs the scope ${scopes.map((each) => `\`${each}\``).join(' or ')}.`;
  const who = `For ${inWords(reach)}.${scope}`;
  operation.description = operation.description === undefined ? who : `${operation.description}\n\n${who}`;
  operation['x-allowed'] = allowed(reach);
  // The gateway must send both headers, so they belong to one requirement.
  operation.security = [
    ...(forPeople ? [{ tenant: [], operator: [] }, { jwt: [] }] : []),
    ...(reach.SERVICE === undefined ? [] : [{ tenant: [], service: [] }, { apiKey: [] }]),
    ...(reach.PLATFORM === undefined ? [] : [{ platform: [] }]),
  ];
  const problems: ProblemCode[] = [
    'UNAUTHENTICATED',
    'FORBIDDEN',
    // Only operators can be deactivated.
    ...(forPeople ? (['OPERATOR_INACTIVE'] as const) : []),
    ...(forPeople || reach.SERVICE !== undefined ? (['TENANT_SUSPENDED'] as const) : []),
    'RATE_LIMITED',
    'DATABASE_UNAVAILABLE',
    'SHUTTING_DOWN',
    'IDENTITY_PROVIDER_UNAVAILABLE',
    'SECRET_UNAVAILABLE',
  ];
  operation['x-problems'].codes.unshift(...problems);
}
