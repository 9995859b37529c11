/** As much of a JSON Schema as our decorators write. */
export interface Schema {
  $ref?: string;
  description?: string;
  type?: string | string[];
  format?: string;
  nullable?: boolean;
  example?: unknown;
  default?: unknown;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean;
  items?: Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  discriminator?: { propertyName: string; mapping: Record<string, string> };
}

export type Schemas = Record<string, Schema>;

/** The schema that a reference names, or the schema itself. */
export function resolve(schema: Schema | undefined, schemas: Schemas): Schema | undefined {
  return schemas[schema?.$ref?.split('/').at(-1) ?? ''] ?? schema;
}

/** Works on the schema and on all its parts, but not on those it refers to. */
export function visit(schema: Schema | undefined, work: (part: Schema) => void): void {
  if (schema === undefined) return;
  work(schema);
  const parts = [...Object.values(schema.properties ?? {}), ...(schema.anyOf ?? []), ...(schema.allOf ?? [])];
  for (const part of [...parts, schema.items]) visit(part, work);
}

/** The same with those it refers to; of several references to one schema only the first is followed. */
export function visitAll(schema: Schema | undefined, schemas: Schemas, work: (part: Schema) => void): void {
  const seen = new Set<Schema>();
  const follow = (part: Schema): void => {
    if (seen.has(part)) return;
    seen.add(part);
    work(part);
    const named = resolve(part, schemas);
    if (named !== undefined && !seen.has(named)) visit(named, follow);
  };
  visit(schema, follow);
}
