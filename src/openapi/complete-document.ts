import type { OpenAPIObject } from '@nestjs/swagger';
import { problemResponse, type FieldProblem, type ProblemResponse } from './describe.js';
import { METHODS, operationsOf, type Operation } from './operation.js';
import type { ProblemCode } from '../http/problem.js';
import { exampleOf, type Schema, type Schemas } from './schema-example.js';

type Parameter = Exclude<NonNullable<Operation['parameters']>[number], { $ref: string }>;
type Examples = Record<string, { value: unknown }>;
type Content = Record<string, { schema?: Schema; example?: unknown; examples?: Examples }>;

/** What can go wrong with every body, before the operation sees it; also with one that nobody asked for. */
const OF_BODIES = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] satisfies ProblemCode[];

/**
 * Adds what no decorator says: nulls in the words of OpenAPI 3.1, closed request bodies, an answer for every problem,
 * an example of every body and answer, put together from those of its fields and telling the same story, and an order
 * for readers.
 * @param idExamples the ids of path parameters: the first pattern that the path up to the parameter fits
 */
export function completeDocument(
  document: OpenAPIObject,
  idExamples: readonly (readonly [path: RegExp, id: string])[],
): OpenAPIObject {
  const schemas = (document.components?.schemas ?? {}) as Schemas;
  for (const schema of Object.values(schemas)) visit(schema, nullsOfJsonSchema);
  for (const { path, method, operation } of operationsOf(document)) {
    if (method !== 'get') operation['x-problems'].codes.push(...OF_BODIES);
    complete(path, operation, schemas, idExamples);
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
  const responses = operation.responses as Record<string, { content?: Content }>;
  const body = operation.requestBody as { required?: boolean; content: Content } | undefined;
  if (body !== undefined) {
    for (const { schema } of Object.values(body.content)) close(schema, schemas);
    giveExamples(body.content, schemas);
  }
  const { codes, unique } = operation['x-problems'];
  Reflect.deleteProperty(operation, 'x-problems');
  const problems = [...new Set(codes)];
  Object.assign(responses, problemResponse(problems, unique));
  const asked = body === undefined ? undefined : shownIn(body.content);
  for (const { content = {} } of Object.values(responses)) {
    giveExamples(content, schemas, asked);
    const media = content['application/problem+json'];
    if (media?.examples !== undefined) media.examples = problemsOf(path, operation, media.examples);
  }
  // Where no field has to be given, neither has the body.
  if (
    body !== undefined &&
    !Object.values(body.content).some(({ schema }) => asksForSomething(schema, schemas))
  )
    body.required = false;
}

function asksForSomething(schema: Schema | undefined, schemas: Schemas): boolean {
  const named = schemas[schema?.$ref?.split('/').at(-1) ?? ''] ?? schema;
  return named?.type !== 'object' || (named.required ?? []).length > 0;
}

/** @param asked what the request shows: an answer shows the same values in the fields it has too */
function giveExamples(content: Content, schemas: Schemas, asked?: unknown): void {
  for (const media of Object.values(content)) {
    if (media.schema !== undefined && media.example === undefined && media.examples === undefined) {
      media.example = withSame(exampleOf(media.schema, schemas), asked);
    }
  }
}

function shownIn(content: Content): unknown {
  const [media] = Object.values(content);
  return media?.example ?? Object.values(media?.examples ?? {})[0]?.value;
}

function withSame(answer: unknown, asked: unknown): unknown {
  if (!isFields(answer) || !isFields(asked)) return answer;
  return { ...answer, ...Object.fromEntries(Object.entries(asked).filter(([name]) => name in answer)) };
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The examples of problems as this very operation would answer them. */
function problemsOf(path: string, operation: Operation, examples: Examples): Examples {
  const parameters = (operation.parameters ?? []) as Parameter[];
  const instance = parameters.reduce(
    (sofar, { name, example }) => sofar.replace(`{${name}}`, String(example)),
    path,
  );
  const wrong = wrongField(operation, parameters);
  return Object.fromEntries(
    Object.entries(examples).map(([code, { value }]) => {
      const problem: Partial<ProblemResponse> = { ...(value as Partial<ProblemResponse>), instance };
      if (code === 'VALIDATION_FAILED' && wrong !== undefined)
        Object.assign(problem, { detail: wrong.message, errors: [wrong] });
      return [code, { value: problem }];
    }),
  );
}

function wrongField(operation: Operation, parameters: Parameter[]): FieldProblem | undefined {
  const body = operation.requestBody as { required?: boolean; content: Content } | undefined;
  if (body?.required === true) {
    const field = Array.isArray(shownIn(body.content)) ? '0.note' : 'note';
    return { field, message: `${field} is not a field of this request` };
  }
  if (parameters.some(({ name }) => name === 'limit'))
    return { field: 'limit', message: 'limit must not be greater than 100' };
  if (parameters.some(({ in: place }) => place === 'path'))
    return { field: 'id', message: '"42" is not a UUID' };
  return undefined;
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
