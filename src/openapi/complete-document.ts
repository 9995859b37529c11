import type { OpenAPIObject } from '@nestjs/swagger';
import type { ProblemCode } from '../http/problem.js';
import { nameEnums, withoutSuffixes, writeUnions, type Union } from './named-schemas.js';
import { METHODS, operationsOf, type Operation } from './operation.js';
import { problemReferences, problemResponses } from './problem-responses.js';
import { exampleOf } from './schema-example.js';
import { shareParts } from './share-parts.js';
import { resolve, visit, visitAll, type Schema, type Schemas } from './schema.js';

type Parameter = Exclude<NonNullable<Operation['parameters']>[number], { $ref: string }>;
type Examples = Record<string, { value: unknown }>;
type Content = Record<string, { schema?: Schema; example?: unknown; examples?: Examples }>;

interface Vocabulary {
  readonly enums: Readonly<Record<string, readonly string[]>>;
  readonly unions: readonly Union[];
  /** The ids of path parameters: the first pattern that the path up to the parameter fits. */
  readonly idExamples: readonly (readonly [path: RegExp, id: string])[];
}

/** What can go wrong with every body, also with one that the operation does not ask for. */
const OF_BODIES = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] satisfies ProblemCode[];

/**
 * Adds what no decorator says: nulls in the words of OpenAPI 3.1, names for enumerations and unions, closed request
 * bodies without defaults, references to the error responses, an example of every body, and an order for readers.
 */
export function completeDocument(
  document: OpenAPIObject,
  { enums, unions, idExamples }: Vocabulary,
): OpenAPIObject {
  const schemas = (document.components?.schemas ?? {}) as Schemas;
  for (const schema of Object.values(schemas)) visit(schema, nullsOfJsonSchema);
  writeUnions(schemas, unions);
  nameEnums(document, enums);
  const operations = operationsOf(document);
  for (const { method, operation } of operations) {
    if (method !== 'get') operation['x-problems'].codes.push(...OF_BODIES);
  }
  const codes = operations.flatMap(({ operation }) => operation['x-problems'].codes);
  for (const { path, method, operation } of operations) {
    giveIdExamples(path, operation, idExamples);
    completeBody(method, operation, schemas);
    completeResponses(operation, schemas, codes);
  }
  shareParts(document);
  return withoutSuffixes({
    ...document,
    openapi: '3.1.0',
    paths: inReadingOrder(document.paths),
    components: { ...document.components, responses: problemResponses(codes) },
  });
}

/** Resources as the modules bring them; of each the list first, then one of them, then what belongs to that one. */
function inReadingOrder(paths: OpenAPIObject['paths']): OpenAPIObject['paths'] {
  const resource = (path: string) => path.replace(/^\/api\/v1/, '').split('/')[1] ?? '';
  const resources = [...new Set(Object.keys(paths).map(resource))];
  const depth = (path: string) => path.split('/').length;
  const rank = (path: string) => resources.indexOf(resource(path)) * 100 + depth(path);
  const sorted = Object.entries(paths).sort(([a], [b]) => rank(a) - rank(b));
  return Object.fromEntries(
    sorted.map(([path, item]) => {
      const methods = METHODS.filter((method) => item[method] !== undefined);
      return [path, Object.fromEntries(methods.map((method) => [method, item[method]]))];
    }),
  );
}

function giveIdExamples(path: string, operation: Operation, examples: Vocabulary['idExamples']): void {
  for (const parameter of (operation.parameters ?? []) as Parameter[]) {
    if (parameter.in !== 'path') continue;
    const { example, ...schema } = (parameter.schema ?? {}) as Schema;
    if (example !== undefined) {
      // No id of ours.
      Object.assign(parameter, { schema, example });
      continue;
    }
    const upToHere = path.slice(0, path.indexOf(`{${parameter.name}}`));
    parameter.schema = { type: 'string', format: 'uuid' };
    parameter.example = examples.find(([pattern]) => pattern.test(upToHere))?.[1];
  }
}

function completeBody(method: string, operation: Operation, schemas: Schemas): void {
  const body = operation.requestBody as { required?: boolean; content: Content } | undefined;
  if (body === undefined) return;
  giveExamples(body.content, schemas);
  const all = Object.values(body.content).map(({ schema }) => schema);
  for (const schema of all) {
    visitAll(schema, schemas, (part) => {
      // Unknown fields of a body are refused, so its schema says that there are none.
      if (part.properties !== undefined) part.additionalProperties = false;
      withoutDefault(part, method);
    });
  }
  // Where no field has to be given, neither has the body.
  if (!all.some((schema) => requiresSomething(resolve(schema, schemas)))) body.required = false;
}

/**
 * Generated clients take a field with a default for one that is always there, and send it. In an update that would
 * change what nobody wanted to change. Where something is created, words say the default.
 */
function withoutDefault(part: Schema, method: string): void {
  if (part.default === undefined) return;
  if (method !== 'patch') {
    const words = `Default: \`${JSON.stringify(part.default)}\`.`;
    part.description = part.description === undefined ? words : `${part.description} ${words}`;
  }
  delete part.default;
}

function requiresSomething(schema: Schema | undefined): boolean {
  return schema?.type !== 'object' || (schema.required ?? []).length > 0;
}

function completeResponses(operation: Operation, schemas: Schemas, allCodes: readonly ProblemCode[]): void {
  const body = operation.requestBody as { content: Content } | undefined;
  const request = body === undefined ? undefined : shownIn(body.content);
  const responses = operation.responses as Record<string, { content?: Content }>;
  for (const { content = {} } of Object.values(responses)) giveExamples(content, schemas, request);
  Object.assign(responses, problemReferences(operation['x-problems'], allCodes));
  Reflect.deleteProperty(operation, 'x-problems');
}

/** @param request what the request shows: a response shows the same values in the fields that both have */
function giveExamples(content: Content, schemas: Schemas, request?: unknown): void {
  for (const media of Object.values(content)) {
    if (media.schema !== undefined && media.example === undefined && media.examples === undefined) {
      media.example = withSame(exampleOf(media.schema, schemas), request);
    }
  }
}

function shownIn(content: Content): unknown {
  const [media] = Object.values(content);
  return media?.example ?? Object.values(media?.examples ?? {})[0]?.value;
}

function withSame(response: unknown, request: unknown): unknown {
  if (!isFields(response) || !isFields(request)) return response;
  return { ...response, ...Object.fromEntries(Object.entries(request).filter(([name]) => name in response)) };
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `nullable` is of OpenAPI 3.0; JSON Schema says that null is one of the types. */
function nullsOfJsonSchema(schema: Schema): void {
  if (schema.nullable !== true) return;
  delete schema.nullable;
  const [reference] = schema.allOf ?? [];
  if (reference !== undefined) {
    delete schema.allOf;
    delete schema.type;
    schema.anyOf = [reference, { type: 'null' }];
  } else if (typeof schema.type === 'string') schema.type = [schema.type, 'null'];
}
