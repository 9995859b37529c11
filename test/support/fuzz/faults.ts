import { METHODS, mismatches, ROUTES, type Route } from '../openapi.js';
import { decoded } from './draft.js';

/** A request as sent. */
export interface Sent {
  method: string;
  path: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: Buffer | undefined;
}

/** The route of a request. */
export function routeOf({ method, path }: Sent): Route | undefined {
  const asked = method === 'HEAD' ? 'get' : method.toLowerCase();
  if (!METHODS.some((known) => known === asked)) return undefined;
  const parts = pathOf(path).split('/');
  const fits = ROUTES.filter(({ method: known, path: template }) => {
    const names = template.split('/');
    return (
      known === asked &&
      names.length === parts.length &&
      names.every((name, i) => (name.startsWith('{') ? parts[i] !== '' : name === parts[i]))
    );
  });
  // A fixed segment takes precedence over a parameter.
  return fits.find(({ path: template }) => !template.includes('{')) ?? fits[0];
}

/** The faults of a request by the document. */
export function faultsOf(route: Route, sent: Sent): string[] {
  return [
    ...faultsOfPath(route, sent),
    ...faultsOfQuery(route, sent),
    ...faultsOfHeaders(route, sent),
    ...faultsOfBody(route, sent),
  ];
}

export function pathOf(address: string): string {
  return address.split('?', 1)[0]!;
}

function faultsOfPath({ path, operation }: Route, sent: Sent): string[] {
  const parts = pathOf(sent.path).split('/');
  return path.split('/').flatMap((part, i) => {
    const parameter = operation.parameters.find(
      ({ in: place, name }) => place === 'path' && part === `{${name}}`,
    );
    return parameter === undefined
      ? []
      : named(parameter.name, mismatches(parameter.schema, decoded(parts[i]!)));
  });
}

function faultsOfQuery({ operation }: Route, sent: Sent): string[] {
  const query = new URLSearchParams(sent.path.slice(pathOf(sent.path).length));
  const given = [...query.keys()];
  const known = operation.parameters.filter((parameter) => parameter.in === 'query');
  // Probes may add any query.
  const unknown =
    operation['x-allowed'] === undefined
      ? []
      : given.filter((name) => !known.some((parameter) => parameter.name === name));
  return [
    ...unknown.map((name) => `${name} is unknown`),
    ...known.flatMap(({ name, required, schema }) => {
      const [value, ...more] = query.getAll(name);
      if (value === undefined) return required === true ? [`${name} is missing`] : [];
      if (more.length > 0) return [`${name} is there twice`];
      return named(name, [...mismatches(schema, asTyped(schema, value)), ...unstorable(value)]);
    }),
  ];
}

/** What the text of a query stands for. */
function asTyped(schema: object, text: string): unknown {
  const { type } = schema as { type?: string };
  if (type === 'integer' && /^-?\d+$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return type === 'array' ? text.split(',') : text;
}

function faultsOfHeaders({ operation }: Route, { headers }: Sent): string[] {
  return operation.parameters
    .filter((parameter) => parameter.in === 'header')
    .flatMap(({ name, schema }) => {
      const given = headers.filter(([other]) => other.toLowerCase() === name.toLowerCase());
      return given.length === 0
        ? []
        : named(name, mismatches(schema, given.map(([, value]) => value).join(', ')));
    });
}

function faultsOfBody({ path, operation }: Route, { headers, body }: Sent): string[] {
  const { requestBody } = operation;
  if (requestBody === undefined) return [];
  if (body === undefined || body.length === 0)
    return requestBody.required === true ? ['there is no body'] : [];
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  if (!/^application\/json\s*($|;)/i.test(type)) return [`${type} is no type of the body`];
  if (/charset="?(?!utf-?8)[^\s;]/i.test(type)) return [`${type} is not UTF-8`];
  if (/(\[|\{"a":){100}/.test(body.toString('latin1'))) return ['the body is deeper than any schema'];
  const isOfCustomers = path.startsWith(OF_CUSTOMERS);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    // The items of a batch are checked like bodies of their own.
    if (!/\/(batch|orchestrator\/outlook)$/.test(path) && !isOfCustomers) value = inertLeftOut(value);
  } catch {
    return ['the body is no JSON'];
  }
  return named('body', [
    ...mismatches(requestBody.content['application/json']!.schema, value),
    ...(isOfCustomers ? [] : unstorable(value)),
  ]);
}

/** Names of properties that every object has. The service ignores such a field in items of a list, but for messages. */
const INERT = [...Object.getOwnPropertyNames(Object.prototype), 'prototype'];

function inertLeftOut(value: unknown, isInList = false): unknown {
  // If the body is a list, check its items.
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name]) => !isInList || !INERT.includes(name));
  return Object.fromEntries(
    members.map(([name, member]) => [
      name,
      Array.isArray(member) ? member.map((item) => inertLeftOut(item, true)) : inertLeftOut(member, isInList),
    ]),
  );
}

/**
 * The texts of messages are those of customers, who are never refused. What the document says of them is what the
 * programmer of the orchestrator must mend.
 */
const OF_CUSTOMERS = '/api/v1/orchestrator/messages';

/** PostgreSQL stores neither a NUL character nor half a character; a JSON Schema cannot say so. */
function unstorable(value: unknown, place = ''): string[] {
  if (typeof value === 'string') return /[\0\p{Surrogate}]/u.test(value) ? [`${place} cannot be stored`] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => unstorable(member, `${place}/${name}`));
}

function named(name: string, faults: string[]): string[] {
  return faults.map((fault) => `${name} ${fault}`);
}
