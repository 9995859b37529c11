import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsUUID } from 'class-validator';
import { property, type FieldOptions } from './fields.js';

/** The most values that a filter takes. */
export const MAX_VALUES = 100;

interface ValuesOptions extends Omit<FieldOptions, 'format'> {
  /** Where the field is: a query has its values in one text, with commas between them, and a body has a list. */
  in: 'query' | 'body';
  /** The allowed values; without them the values are ids. */
  of?: readonly string[];
}

/** A filter with one or several values of which any may match. */
export function ValuesField({ in: place, of, ...options }: ValuesOptions): PropertyDecorator {
  const items = of === undefined ? { type: 'string', format: 'uuid' } : { type: 'string', enum: [...of] };
  const serialization = place === 'query' ? { style: 'form', explode: false } : {};
  return applyDecorators(
    property(
      { ...options, optional: true },
      {
        type: 'array',
        items,
        minItems: 1,
        maxItems: MAX_VALUES,
        ...serialization,
      },
    ),
    Transform(({ value }: { value: unknown }) => valuesIn(value, place, of === undefined)),
    IsArray(),
    ArrayMinSize(1),
    ArrayMaxSize(MAX_VALUES),
    of === undefined ? IsUUID('all', { each: true }) : IsIn(of, { each: true }),
  );
}

function valuesIn(given: unknown, place: 'query' | 'body', areIds: boolean): unknown {
  if (given === undefined) return undefined;
  // A list in a query is a parameter that is there twice. In a list of its own it is refused.
  const values: unknown = place === 'body' ? given : typeof given === 'string' ? given.split(',') : [given];
  if (!Array.isArray(values) || !areIds) return values;
  return values.map((value: unknown) => (typeof value === 'string' ? value.toLowerCase() : value));
}
