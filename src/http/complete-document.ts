import type { OpenAPIObject } from '@nestjs/swagger';
import { problemResponse } from './describe.js';
import type { ProblemCode } from './problem.js';
import { exampleOf, type Schema, type Schemas } from './schema-example.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Parameter = Exclude<NonNullable<Operation['parameters']>[number], { $ref: string }>;
type Content = Record<string, { schema?: Schema; example?: unknown; examples?: unknown }>;

/** What can go wrong with every body, before the operation sees it. */
const OF_BODIES = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] satisfies ProblemCode[];
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/**
 * Adds what no decorator says: nulls in the words of OpenAPI 3.1, closed request bodies, the problems of bodies,
 * an example of every body and answer, put together from those of its fields, and an order for readers.
 * @param idExamples the ids of path parameters: the first pattern that the path up to the parameter fits
 */
export function completeDocument(
  document: OpenAPIObject,
  idExamples: readonly (readonly [path: RegExp, id: string])[],
): OpenAPIObject {
  const schemas = (document.components?.schemas ?? {}) as Schemas;
  for (const schema of Object.values(schemas)) visit(schema, nullsOfJsonSchema);
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation !== undefined) complete(path, operation, schemas, idExamples);
    }
  }
  return { ...document, openapi: '3.1.0', paths: inReadingOrder(document.paths) };
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

function complete(
  path: string,
  operation: Operation,
  schemas: Schemas,
  idExamples: Parameters<typeof completeDocument>[1],
): void {
  for (const parameter of (operation.parameters ?? []) as Parameter[]) {
    if (parameter.in !== 'path') continue;
    const upToHere = path.slice(0, path.indexOf(`{${parameter.name}}`));
    parameter.schema = { type: 'string', format: 'uuid' };
    parameter.example = idExamples.find(([pattern]) => pattern.test(upToHere))?.[1];
  }
  const allowed = (operation as { 'x-allowed'?: string[] })['x-allowed'];
  if (allowed !== undefined) {
    const who = `For ${allowed.join(', ')}.`;
    operation.description = operation.description === undefined ? who : `${operation.description}\n\n${who}`;
  }
  const responses = operation.responses as Record<string, { content?: Content }>;
  const body = operation.requestBody as { content: Content } | undefined;
  if (body !== undefined) {
    for (const { schema } of Object.values(body.content)) close(schema, schemas);
    giveExamples(body.content, schemas);
    Object.assign(responses, problemResponse(OF_BODIES));
  }
  for (const { content } of Object.values(responses)) giveExamples(content ?? {}, schemas);
}

function giveExamples(content: Content, schemas: Schemas): void {
  for (const media of Object.values(content)) {
    if (media.schema !== undefined && media.example === undefined && media.examples === undefined) {
      media.example = exampleOf(media.schema, schemas);
    }
  }
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

/** Unknown fields of a body are refused, so its schema says that there are none. */
function close(schema: Schema | undefined, schemas: Schemas): void {
  visit(schema, (part) => {
    const named = schemas[part.$ref?.split('/').at(-1) ?? ''];
    if (named === undefined || named.additionalProperties === false) return;
    named.additionalProperties = false;
    close(named, schemas);
  });
}

function visit(schema: Schema | undefined, work: (part: Schema) => void): void {
  if (schema === undefined) return;
  work(schema);
  const parts = [...Object.values(schema.properties ?? {}), ...(schema.anyOf ?? []), ...(schema.allOf ?? [])];
  for (const part of [...parts, schema.items]) visit(part, work);
}
