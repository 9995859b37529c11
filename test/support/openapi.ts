import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { isUUID } from 'class-validator';
import addFormats from 'ajv-formats';
import { phoneNumber } from '../../src/customers/phone-number.js';
import { isAddress } from '../../src/http/fields.js';

export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
export type Method = (typeof METHODS)[number];

export interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
export interface Operation {
  summary?: string;
  tags?: string[];
  operationId: string;
  security: Record<string, string[]>[];
  'x-allowed'?: string[];
  parameters: { in: string; name: string; required?: boolean; schema: object; example?: unknown }[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
}
type Part = Record<string, unknown>;
interface Document {
  info: { version: string };
  tags: { name: string }[];
  paths: Record<string, Partial<Record<Method, Operation>>>;
  components: Record<
    'parameters' | 'headers' | 'responses' | 'schemas' | 'securitySchemes',
    Record<string, Part>
  >;
}

export interface Route {
  method: Method;
  path: string;
  operation: Operation;
}

/** The committed document. */
export const COMMITTED = JSON.parse(readFileSync(join(__dirname, '../../openapi.json'), 'utf8')) as Document;

export const ROUTES: Route[] = Object.entries(COMMITTED.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const operation = item[method];
    return operation === undefined ? [] : [{ method, path, operation: resolved(operation) }];
  }),
);

/** Resolves references of parameters and responses. Fields beside a reference override it. */
function resolved(operation: Operation): Operation {
  return {
    ...operation,
    parameters: operation.parameters.map((parameter) => followed(parameter)),
    responses: Object.fromEntries(
      Object.entries(operation.responses).map(([status, response]) => [status, followed(response)]),
    ),
  };
}

function followed<T extends object>(part: T): T {
  if (!('$ref' in part)) return part;
  const { $ref, ...beside } = part;
  const [, , kind, name] = String($ref).split('/') as [
    '#',
    'components',
    keyof Document['components'],
    string,
  ];
  return { ...COMMITTED.components[kind][name], ...beside } as unknown as T;
}

/** `GET /conversations/{id}`, as api.md names routes. */
export function nameOf({ method, path }: Route): string {
  return `${method.toUpperCase()} ${path.replace('/api/v1', '')}`;
}

const ajv = new Ajv2020({ strict: true, allErrors: true });
// The default export of a CommonJS package is the module itself, which the types don't know.
(addFormats as unknown as (to: Ajv2020) => void)(ajv);
// Keywords of OpenAPI, and formats without a check.
for (const word of ['example', 'components', 'paths', 'discriminator', 'x-shown-once']) ajv.addKeyword(word);
// Stricter than ajv's own, which accepts more than RFC 9562.
ajv.addFormat('uuid', (text) => isUUID(text));
ajv.addFormat('idn-email', isAddress);
ajv.addFormat('url', (text) => URL.canParse(text));
ajv.addFormat('phone', (text) => phoneNumber(text) !== null);
ajv.addSchema({ $id: 'document', components: COMMITTED.components });

const COMPILED = new Map<string, ValidateFunction>();

/** Why a value does not match a schema of the document; empty when it does. */
export function mismatches(schema: object, value: unknown): string[] {
  const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
  const validate = COMPILED.get(text) ?? ajv.compile(JSON.parse(text) as object);
  COMPILED.set(text, validate);
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Why a response does not match its operation; empty when it does. */
export function wrongResponse(
  { operation }: Route,
  response: { status: number; type: string; body: unknown },
): string[] {
  const documented = operation.responses[response.status];
  if (documented === undefined) return [`${response.status} is not documented`];
  if (documented.content === undefined) return response.type === '' ? [] : [`${response.status} has no body`];
  const media = documented.content[response.type];
  return media === undefined
    ? [`${response.type} is not documented`]
    : mismatches(media.schema, response.body);
}
