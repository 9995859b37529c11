import { COMMITTED } from '../openapi.js';
import { withAlternatives } from './alternatives.js';

/** The part of JSON Schema that the document uses for requests. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  pattern?: string;
  enum?: unknown[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  required?: string[];
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  /** A reference with a description of its own. */
  allOf?: JsonSchema[];
}

/** Resolves a reference. */
export function resolved(schema: JsonSchema): JsonSchema {
  const name = (schema.$ref ?? schema.allOf?.[0]?.$ref)?.split('/').at(-1);
  if (name === undefined) return schema;
  return withAlternatives(name, resolved(COMMITTED.components.schemas[name] as JsonSchema));
}

/** Kinds that the name of a field or the path does not tell. */
const KINDS: Readonly<Record<string, string>> = { ids: 'conversation', bulk: 'plan' };

/** The kind of an id: `assignedOperatorId` is an operator, the `id` of `/inboxes/{id}` an inbox. */
export function kindOf(field: string, container = ''): string {
  const known = KINDS[field === 'id' ? container : field];
  if (known !== undefined) return known;
  if (field === 'id') return singular(container);
  return singular(
    field
      .replace(/Ids?$/, '')
      .split(/(?=[A-Z])/)
      .at(-1) ?? field,
  );
}

function singular(words: string): string {
  return words
    .toLowerCase()
    .replaceAll('-', '')
    .replace(/(?<=x)es$|s$/, '');
}

/** The last segment of a path that is no parameter. It names the kind of the `id` after it. */
export function containerOf(path: string, parameter?: string): string {
  const parts = path.split('/');
  const end = parameter === undefined ? parts.length : parts.indexOf(`{${parameter}}`);
  return parts.slice(0, end).findLast((part) => !part.startsWith('{')) ?? '';
}
