import fc from 'fast-check';
import { encoded, Literal, type Draft } from './draft.js';
import { nastyText, one, where, type Bend } from './bend.js';
import { almost, NASTY_JSON, PLANTED, TOO_DEEP } from './nasty.js';
import { placeholder } from './pool.js';

const nastyJson: fc.Arbitrary<unknown> = fc.oneof(
  nastyText,
  fc.constantFrom(...NASTY_JSON).map((text) => new Literal(text)),
);

/** Every path in a value, the value itself first. */
function placesIn(value: unknown): string[][] {
  const inside =
    typeof value === 'object' && value !== null && !(value instanceof Literal) ? Object.entries(value) : [];
  return [[], ...inside.flatMap(([name, member]) => placesIn(member).map((place) => [name, ...place]))];
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Literal);
}

/** The value with another one at the path. undefined removes it. */
function changed(
  value: unknown,
  [name, ...rest]: readonly string[],
  change: (old: unknown) => unknown,
): unknown {
  if (name === undefined) return change(value);
  const members = Object.entries(value as object)
    .map(
      ([key, member]) => [key, key === name ? changed(member, rest, change) : (member as unknown)] as const,
    )
    .filter(([, member]) => member !== undefined);
  return Array.isArray(value) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

const inBody =
  (change: (old: unknown) => unknown, n: number): Bend =>
  (draft) => {
    const places = placesIn(draft.body);
    const place = places[n % places.length]!;
    return { ...draft, body: changed(draft.body, place, change) };
  };

const inTexts =
  (change: (old: string) => string, n: number): Bend =>
  (draft) => {
    const texts = placesIn(draft.body).filter((place) => typeof at(draft.body, place) === 'string');
    const place = texts[n % texts.length];
    return place === undefined
      ? draft
      : { ...draft, body: changed(draft.body, place, (old) => change(old as string)) };
  };

/** Adds a field to any object of the body. It is the last one, so it overrides a field with the same name. */
export function planted(name: string, value: unknown, n: number): Bend {
  return (draft) => {
    const body = draft.body ?? {};
    const objects = placesIn(body).filter((place) => isFields(at(body, place)));
    const place = objects[n % objects.length];
    if (place === undefined) return draft;
    const add = (old: unknown) => ({ ...(old as object), [name]: value });
    const headers = draft.body === undefined ? [...draft.headers, JSON_TYPE] : draft.headers;
    return { ...draft, headers, body: changed(body, place, add) };
  };
}

function at(value: unknown, place: readonly string[]): unknown {
  return place.reduce<unknown>((inside, name) => (inside as Record<string, unknown>)[name], value);
}

const JSON_TYPE = ['Content-Type', 'application/json'] as const;
const bendText =
  (bendBody: Draft['bendBody']): Bend =>
  (draft) =>
    draft.body === undefined
      ? { ...draft, body: {}, headers: [...draft.headers, JSON_TYPE], bendBody }
      : { ...draft, bendBody };

export const bodies: fc.Arbitrary<Bend> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(nastyJson, where).map(([value, n]) => inBody(() => value, n)) },
  { weight: 4, arbitrary: fc.tuple(where, where).map(([n, m]) => inTexts((old) => one(almost(old), m), n)) },
  { weight: 2, arbitrary: where.map((n) => inBody(() => undefined, n)) },
  { weight: 1, arbitrary: where.map((n) => inBody((old) => [old], n)) },
  { weight: 1, arbitrary: where.map((n) => inBody((old) => ({ ...(old as object) }), n)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...PLANTED), nastyJson, where)
      .map(([name, value, n]) => planted(name, value, n)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...TOO_DEEP), where)
      .map(([text, n]) => planted('x', new Literal(text), n)),
  },
  {
    weight: 1,
    arbitrary: fc.nat({ max: 300 }).map((n) => bendText((text) => text.slice(0, n % text.length))),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Bend>(
      bendText(() => ''),
      bendText(() => ' '),
      bendText((text) => `\ufeff${text}`),
      bendText((text) => `${text}${text}`),
      bendText((text) => `${text},`),
      bendText((text) => text.replace('{', '{"name":"twice","role":"ADMIN",')),
      bendText((text) => text.replace(/\}$/, ',"name":"twice","conversationId":null}')),
      bendText((text) => text.replace(/\}$/, ',}')),
      bendText((text) => `/* */${text}`),
      bendText((text) => text.replaceAll('"', "'")),
      bendText((text) => text.replaceAll('"', '\\u0022')),
      bendText((text) => `${' '.repeat(200_000)}${text}`),
      bendText((text) => text.replace(/\}$/, `,"x":"${'x'.repeat(200_000)}"}`)),
      bendText((text) => `[${text}]`),
      bendText((text) => `{"data":${text}}`),
      bendText(() => '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
      bendText(() => '['.repeat(3_000)),
      bendText((text) => text.replace(/"[^"]*"/, '"\0"')),
      (draft) => ({ ...draft, encoding: 'utf16le' }),
      (draft) => ({ ...bendText((text) => text.replace(/"([^"]*)"$/m, '"é$1"'))(draft), encoding: 'latin1' }),
    ),
  },
);

/** Adds a field to the body or the query that an attacker would like to set. */
export const plantings: fc.Arbitrary<Bend> = fc
  .tuple(
    fc.constantFrom(...PLANTED.filter((name) => name !== '')),
    fc.constantFrom(
      placeholder('foreign', 'tenant', 0),
      placeholder('foreign', 'operator', 0),
      'ADMIN',
      'RESOLVED',
      true,
      { role: 'ADMIN', state: 'RESOLVED', isActive: true, tenantId: placeholder('foreign', 'tenant', 0) },
    ),
    where,
    fc.boolean(),
  )
  .map(([name, value, n, inQuery]): Bend => {
    if (!inQuery) return planted(name, value, n);
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    return (draft) => ({ ...draft, query: [...draft.query, [encoded(name), encoded(text)]] });
  });
