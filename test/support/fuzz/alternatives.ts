import type { JsonSchema } from './schema.js';

/** Fields that go together. Fields of the schema that are in neither list do not belong to them. */
interface Alternative {
  readonly needed: readonly string[];
  readonly possible?: readonly string[];
  /** Narrows the values of a field. */
  readonly only?: Readonly<Record<string, unknown>>;
}

/**
 * Schemas with fields that exclude each other. The document says so in words only, so without this hardly any request
 * would have fields that go together.
 */
const ALTERNATIVES: Readonly<Record<string, readonly Alternative[]>> = {
  BulkRequest: [{ needed: ['planId'] }, { needed: ['select', 'action'], possible: ['reason', 'dryRun'] }],
  BulkSelect: [{ needed: ['ids'] }, { needed: ['filters'] }],
  BulkAction: [
    { needed: ['operatorIds'], possible: ['overrideCapacity'], only: { type: 'reassign' } },
    { needed: [], only: { type: 'deallocate' } },
    { needed: [], only: { type: 'resolve' } },
    { needed: ['inboxId'], only: { type: 'move' } },
    { needed: ['minutes'], only: { type: 'boost' } },
    { needed: ['labelId'], only: { type: 'label' } },
    { needed: ['labelId'], only: { type: 'unlabel' } },
  ],
};

/** The schema with this name as alternatives. The last one is the schema itself, which mixes the fields. */
export function withAlternatives(name: string, schema: JsonSchema): JsonSchema {
  const alternatives = ALTERNATIVES[name];
  if (alternatives === undefined) return schema;
  return { anyOf: [...alternatives.map((one) => narrowed(schema, one)), schema] };
}

function narrowed(
  { properties = {}, ...rest }: JsonSchema,
  { needed, possible = [], only = {} }: Alternative,
): JsonSchema {
  const fields = [...needed, ...possible].map((name) => [name, properties[name] ?? unknown(name)] as const);
  const fixed = Object.entries(only).map(([name, value]) => [name, { enum: [value] }] as const);
  return {
    ...rest,
    properties: Object.fromEntries([...fields, ...fixed]),
    required: [...needed, ...Object.keys(only)],
  };
}

function unknown(name: string): never {
  throw new Error(`the document has no field ${name} any more`);
}
