import type { Type } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf } from './operation.js';
import { visit, type Schema, type Schemas } from './schema.js';

/** A schema that is one of several others; a field that all of them have says which. */
export interface Union {
  readonly name: string;
  readonly by: string;
  readonly of: readonly Type[];
}

/** Our classes are called `InboxResponse`, since `Inbox` is the row; readers of the document want the resource. */
export function withoutSuffixes(document: OpenAPIObject): OpenAPIObject {
  const names = Object.keys(document.components?.schemas ?? {});
  const short = names.map((name) => name.replace(/Response$/, ''));
  const twice = short.find((name, index) => short.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two schemas are called ${twice}`);
  return JSON.parse(JSON.stringify(document), (key, value: unknown) => {
    if (key === '$ref') return String(value).replace(/Response$/, '');
    return key === 'schemas' && isSchemas(value, names)
      ? Object.fromEntries(
          Object.entries(value).map(([name, schema], index) => [short[index] ?? name, schema]),
        )
      : value;
  }) as OpenAPIObject;
}

function isSchemas(value: unknown, names: readonly string[]): value is Schemas {
  return Object.keys(value as object).join() === names.join();
}

/** Gives each of the enumerations a schema of its own, which every field with these values refers to. */
export function nameEnums(document: OpenAPIObject, enums: Readonly<Record<string, readonly string[]>>): void {
  const schemas = (document.components?.schemas ?? {}) as Schemas;
  const nameOf = new Map(Object.entries(enums).map(([name, values]) => [JSON.stringify(values), name]));
  const refer = (schema: Schema) => {
    if (schema.enum === undefined) return;
    const name = nameOf.get(JSON.stringify(schema.enum.filter((value) => value !== null)));
    if (name === undefined) return;
    const isNullable = schema.enum.includes(null) || schema.type?.includes('null') === true;
    const reference = { $ref: `#/components/schemas/${name}` };
    delete schema.type;
    delete schema.enum;
    if (isNullable) schema.anyOf = [reference, { type: 'null' }];
    else Object.assign(schema, reference);
  };
  for (const schema of Object.values(schemas)) visit(schema, refer);
  for (const { operation } of operationsOf(document)) {
    for (const parameter of operation.parameters ?? []) {
      if ('schema' in parameter) visit(parameter.schema as Schema, refer);
    }
  }
  for (const [name, values] of Object.entries(enums)) schemas[name] = { type: 'string', enum: [...values] };
}

/** Writes down the unions. Call it before the enumerations get names: their values say which schema is meant. */
export function writeUnions(schemas: Schemas, unions: readonly Union[]): void {
  for (const { name, by, of } of unions) {
    const parts = of.map((type) => ({
      ref: `#/components/schemas/${type.name}`,
      schema: schemas[type.name],
    }));
    const valuesOf = ({ schema }: (typeof parts)[number]) => schema?.properties?.[by]?.enum ?? [];
    const mapping = Object.fromEntries(
      parts.flatMap((part) => valuesOf(part).map((value) => [String(value), part.ref])),
    );
    const { description } = schemas[name] ?? {};
    schemas[name] = {
      ...(description === undefined ? {} : { description }),
      oneOf: parts.map(({ ref }) => ({ $ref: ref })),
      // Only texts can be discriminated by in OpenAPI; numbers are told apart by the values they may have.
      ...(parts.flatMap(valuesOf).every((value) => typeof value === 'string')
        ? { discriminator: { propertyName: by, mapping } }
        : {}),
    };
  }
}
