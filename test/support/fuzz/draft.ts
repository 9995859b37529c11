import fc from 'fast-check';
import type { Route } from '../openapi.js';
import type { RawRequest } from '../raw.js';
import { CALLERS, type CallerName, type FuzzedTenant } from './fuzzed-tenant.js';
import { filled } from './pool.js';
import { containerOf, type JsonSchema } from './schema.js';
import { optional, valuesOf } from './values.js';

/** JSON that is sent as it is. */
export class Literal {
  constructor(readonly text: string) {}
}

/** A request with placeholders for ids. */
export interface Draft {
  readonly route: Route;
  readonly caller: CallerName;
  readonly method: string;
  /** Encoded values of the path's parameters. */
  readonly path: Readonly<Record<string, string>>;
  /** The same for the query. */
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** undefined: none */
  readonly body: unknown;
  readonly encoding: BufferEncoding;
  readonly bendPath: (path: string) => string;
  readonly bendBody: (text: string) => string;
  /** Whether the document allows it. */
  readonly isPlain: boolean;
}

/** Valid requests, mostly by permitted callers. */
export function plainDrafts(route: Route, callers = callersOf(route)): fc.Arbitrary<Draft> {
  const { operation, path } = route;
  const valued = (place: string) =>
    operation.parameters
      .filter((parameter) => parameter.in === place)
      .map(({ name, required, schema }) => {
        const container = name === 'cursor' ? operation.operationId : containerOf(path, name);
        const value = valuesOf(schema as JsonSchema, name, container).map((one) => String(one));
        return [name, required === true ? value : optional(value)] as const;
      });
  const pairs = (place: string) =>
    fc
      .tuple(...valued(place).map(([name, value]) => value.map((one) => [name, one] as const)))
      .map((all) => all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
  const schema = operation.requestBody?.content['application/json']?.schema;
  return fc.record({
    route: fc.constant(route),
    caller: callers,
    method: fc.constant(route.method.toUpperCase()),
    path: pairs('path').map((all) => Object.fromEntries(all.map(([name, value]) => [name, encoded(value)]))),
    query: pairs('query').map((all) => all.map(([name, value]) => [name, encoded(value)] as const)),
    headers: pairs('header').map((all) =>
      schema === undefined ? all : [...all, ['Content-Type', 'application/json'] as const],
    ),
    body: schema === undefined ? fc.constant(undefined) : valuesOf(schema, ''),
    encoding: fc.constant('utf8' as const),
    bendPath: fc.constant(asItIs),
    bendBody: fc.constant(asItIs),
    isPlain: fc.constant(true),
  });
}

export function asItIs(text: string): string {
  return text;
}

/** The callers who may call the route. */
export function entitled({ operation }: Route): fc.Arbitrary<CallerName> {
  return fc.constantFrom(...((operation['x-allowed'] ?? CALLERS) as CallerName[]));
}

function callersOf(route: Route): fc.Arbitrary<CallerName> {
  return fc.oneof(
    { weight: 7, arbitrary: entitled(route) },
    { weight: 3, arbitrary: fc.constantFrom(...CALLERS) },
  );
}

/** Encodes a text for an address. Half a character has no encoding. */
export function encoded(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));
}

/** Decodes a text, or returns it if that fails. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export interface Tenants {
  own: FuzzedTenant;
  foreign: FuzzedTenant;
}

/** The request to the first of the tenants. */
export function written(
  draft: Draft,
  { own, foreign }: Tenants,
): Required<Pick<RawRequest, 'method' | 'path'>> & {
  headers: (readonly [string, string])[];
  body: Buffer | undefined;
} {
  const pools = { own: own.pool, foreign: foreign.pool };
  const named = draft.route.path.replace(/\{(\w+)\}/g, (_, name: string) => draft.path[name] ?? '');
  const query = draft.query.map(([name, value]) => `${name}=${value}`).join('&');
  const path = draft.bendPath(query === '' ? named : `${named}?${query}`);
  const caller = draft.caller === 'STRANGER' ? foreign.callers.ADMIN : own.callers[draft.caller];
  const text = draft.body === undefined ? undefined : draft.bendBody(jsonOf(draft.body));
  return {
    method: draft.method,
    path: filled(path, pools),
    headers: [...Object.entries(caller), ...draft.headers].map(([name, value]) => [
      name,
      filled(value, pools),
    ]),
    body: text === undefined ? undefined : Buffer.from(filled(text, pools), draft.encoding),
  };
}

export function jsonOf(value: unknown): string {
  if (value instanceof Literal) return value.text;
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}:${jsonOf(member)}`)
    .join(',')}}`;
}
