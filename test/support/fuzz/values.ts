import fc from 'fast-check';
import { HIGHEST, placeholder } from './pool.js';
import { SPARE_TENANT } from './pool.js';
import { kindOf, resolved, type JsonSchema } from './schema.js';

/** Well below the longest allowed text, which is tested separately. */
const MOSTLY_AT_MOST = 12;
const number = fc.nat({ max: HIGHEST });

/** Mostly an existing id. */
export function ids(kind: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 30, arbitrary: number.map((n) => placeholder('own', kind, n)) },
    { weight: 1, arbitrary: fc.uuid() },
  );
}

/**
 * Values that the schema allows.
 * @param name of the field or parameter, which gives the kind of an id
 * @param container the last word of the path before it
 */
export function valuesOf(schema: JsonSchema, name: string, container = ''): fc.Arbitrary<unknown> {
  const { anyOf, enum: options, type, ...rest } = resolved(schema);
  if (anyOf !== undefined) return fc.oneof(...anyOf.map((one) => valuesOf(one, name, container)));
  if (Array.isArray(type)) {
    const [first, ...others] = type.map((one) => valuesOf({ ...rest, type: one }, name, container));
    return fc.oneof({ weight: 2, arbitrary: first! }, ...others);
  }
  if (options !== undefined) return fc.constantFrom(...options);
  switch (type) {
    case 'string':
      return textsOf(rest, name, container);
    case 'integer':
      return integers(rest);
    case 'number':
      return fc.oneof(integers(rest), fc.double({ ...bounds(rest), noNaN: true }));
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valuesOf(rest.items ?? {}, name), { minLength: rest.minItems ?? 0, maxLength: 4 });
    default:
      return objects(rest);
  }
}

function objects({ properties = {}, required = [] }: JsonSchema): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const value = valuesOf(schema, name);
    return [name, required.includes(name) ? value : optional(value)] as const;
  });
  // Without the key, as JSON.stringify does it.
  return fc
    .record(Object.fromEntries(fields), { noNullPrototype: true })
    .map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)));
}

export function optional<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

function integers(schema: JsonSchema): fc.Arbitrary<number> {
  const { min, max } = bounds(schema);
  return fc.oneof(
    fc.integer({ min, max: Math.min(max, min + 10) }),
    fc.integer({ min, max }),
    fc.constantFrom(min, max),
  );
}

function bounds({ minimum = -1_000, maximum = 1_000 }: JsonSchema): { min: number; max: number } {
  return { min: minimum, max: maximum };
}

function textsOf(schema: JsonSchema, name: string, container: string): fc.Arbitrary<string> {
  if (schema.pattern !== undefined && schema.pattern !== '\\S')
    return fc.stringMatching(new RegExp(schema.pattern));
  if (name === 'cursor') return number.map((n) => placeholder('own', `cursor-${container}`, n));
  switch (schema.format) {
    case 'uuid':
      // The platform may change and delete tenants, but not those that are fuzzed.
      return ids(name === 'id' && container === 'tenants' ? SPARE_TENANT : kindOf(name, container));
    case 'date-time':
      return dates;
    case 'idn-email':
      return fc.nat({ max: 999 }).map((n) => `somebody${n}@customer.example`);
    case 'phone':
      return fc.oneof(
        number.map((n) => placeholder('own', 'phone', n)),
        phones,
      );
    case 'url':
      // IP addresses, so that no name needs to be resolved. Nothing is delivered meanwhile.
      return fc.oneof(
        fc.webUrl(),
        fc.constantFrom('https://93.184.215.14/hook', 'http://93.184.215.14:8080/'),
      );
    default:
      return fc.oneof(...likely(name), texts(schema));
  }
}

/** What a field of a customer mostly has. The document allows every text. */
function likely(name: string): fc.Arbitrary<string>[] {
  if (/phone/i.test(name)) return [number.map((n) => placeholder('own', 'phone', n)), phones];
  return name === 'occurredAt' ? [dates] : [];
}

const dates = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2025-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());

const phones = fc
  .tuple(fc.constantFrom('+49151', '+49 (151) ', '+49-151-'), fc.integer({ min: 1e7, max: 1e8 - 1 }))
  .map(([country, digits]) => `${country}${digits}`);

/** A few texts, so that they repeat, in many scripts and up to the longest allowed one. */
function texts({ minLength = 0, maxLength = MOSTLY_AT_MOST }: JsonSchema): fc.Arbitrary<string> {
  if (maxLength === 0) return fc.constant('');
  const few = [
    'thread-1',
    'thread-2',
    'Zoë',
    'שלום עולם',
    'مرحبا',
    '👩‍👩‍👧‍👦',
    'a\ufe0f',
    '\u202eright to left',
    `O'Brien; drop`,
  ];
  const fits = (text: string) =>
    text !== '' && [...text].length >= minLength && [...text].length <= maxLength;
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(...few).map((text) => (fits(text) ? text : 'x'.repeat(minLength || 1))),
    },
    {
      weight: 3,
      arbitrary: fc
        .string({
          unit: 'grapheme',
          minLength: Math.max(minLength, 1),
          maxLength: Math.min(maxLength, MOSTLY_AT_MOST),
        })
        .filter((text) => fits(text) && /\S/.test(text)),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'x'.repeat(maxLength),
        '😀'.repeat(maxLength),
        'a\ufe0f'.repeat(maxLength / 2),
      ),
    },
  );
}
