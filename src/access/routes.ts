import type { KeyScope } from './key-scopes.js';
import type { Right } from './principal.js';
import { RIGHTS, type May, type Reach, type Scope } from './rights.js';

/** The prefix of every route except those for everybody. */
export const PREFIX = '/api/v1';

const MAY = new Map<string, May>(RIGHTS.flatMap(({ routes, may }) => routes.map((name) => [name, may])));

const SCOPES = new Map(
  RIGHTS.flatMap(({ routes, scopes = [] }) =>
    routes.map((name): [string, readonly KeyScope[]] => [name, scopes]),
  ),
);

/** Where the routes of the table are: all that are not for everybody have the prefix. */
export const LOCATED_ROUTES: readonly string[] = RIGHTS.flatMap(({ routes, may }) =>
  routes.map((name) => (may === 'everybody' ? name : name.replace(' ', ` ${PREFIX}`))),
);

/** The routes that change the configuration. */
export const AUDITED_ROUTES: ReadonlySet<string> = new Set(
  RIGHTS.filter(({ isAudited }) => isAudited).flatMap(({ routes }) => routes),
);

/** The routes that everybody can call. */
export const OPEN_ROUTES = RIGHTS.filter(({ may }) => may === 'everybody').flatMap(({ routes }) => routes);

/**
 * A route with its whole path, as LOCATED_ROUTES has it. HEAD has the same rights as GET.
 * @param url as the router or the API document writes it: `/api/v1/operators/:id` or `/api/v1/operators/{id}`
 */
export function locatedRoute(method: string, url: string): string {
  return `${method === 'HEAD' ? 'GET' : method.toUpperCase()} ${url.replaceAll(/:(\w+)/g, '{$1}')}`;
}

/** The name of a route in the table of rights. A page outside of the prefix can have the name of a route. */
export function routeName(method: string, url: string): string {
  return locatedRoute(method, url).replace(` ${PREFIX}/`, ' /');
}

/** @throws for a route that is not in the table */
export function mayCall(name: string): May {
  const may = MAY.get(name);
  if (may === undefined) throw new Error(`${name} is not in the table of rights`);
  return may;
}

/** The scopes of which a service needs one to call a route; none for a route that no service can call. */
export function scopesFor(name: string): readonly KeyScope[] {
  return SCOPES.get(name) ?? [];
}

/** The rights of a reach, in the order of the table. */
export function allowed(reach: Reach): Right[] {
  return Object.keys(reach) as Right[];
}

/** In words, for example `OPERATOR (conversations they hold), MANAGER and ADMIN`. */
export function inWords(may: May): string {
  if (may === 'everybody') return may;
  const scopes = Object.entries(may) as [Right, Scope][];
  const first = scopes[0]?.[1];
  const list = new Intl.ListFormat('en-GB');
  if (first !== 'any' && scopes.every(([, scope]) => scope === first))
    return `${list.format(allowed(may))} (${first})`;
  return list.format(scopes.map(([right, scope]) => (scope === 'any' ? right : `${right} (${scope})`)));
}
