import { resolve, type Schema, type Schemas } from './schema.js';

/**
 * An example of a request or response body, put together from the examples of its fields.
 * An optional field without an example is left out: often it excludes another one.
 */
export function exampleOf(schema: Schema, schemas: Schemas): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.$ref !== undefined) return exampleOf(resolve(schema, schemas) ?? {}, schemas);
  if (schema.enum !== undefined) return schema.enum[0];
  const [alternative] = schema.oneOf ?? schema.anyOf ?? schema.allOf ?? [];
  if (alternative !== undefined) return exampleOf(alternative, schemas);
  if (schema.items !== undefined) return [exampleOf(schema.items, schemas)];
  if (schema.type === 'object') {
    const shown = Object.entries(schema.properties ?? {}).filter(
      ([name, field]) => schema.required?.includes(name) === true || isShown(field),
    );
    return Object.fromEntries(shown.map(([name, field]) => [name, exampleOf(field, schemas)]));
  }
  if (schema.format === 'date-time') return '2026-03-02T09:30:00.000Z';
  return undefined;
}

function isShown(field: Schema): boolean {
  return field.example !== undefined || field.$ref !== undefined;
}
