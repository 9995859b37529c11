import { COMMITTED, ROUTES, nameOf } from './support/openapi.js';

interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  allOf?: Schema[];
  description?: string;
  type?: unknown;
  nullable?: boolean;
  'x-shown-once'?: boolean;
}

/** Names of fields that let somebody act as another. */
const LIKE_A_SECRET = /secret|token|ticket|password|credential|signature|(^|[a-z])[kK]ey$/;
/** Fields with such a name that are no secret, and why. */
const HARMLESS: Record<string, string> = {
  formerSecretExpiresAt: 'a time',
};

interface Field {
  path: string;
  schema: Schema;
}

function followed(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (COMMITTED.components.schemas[name] as Schema);
}

/** All fields of a schema, in depth, with their paths. */
function fieldsOf(schema: Schema, path: readonly string[] = [], seen: readonly Schema[] = []): Field[] {
  const whole = followed(schema);
  if (seen.includes(whole)) return [];
  const inside = [...seen, whole];
  return [
    ...Object.entries(whole.properties ?? {}).flatMap(([name, property]) => [
      { path: [...path, name].join('.'), schema: property },
      ...fieldsOf(property, [...path, name], inside),
    ]),
    ...(whole.items === undefined ? [] : fieldsOf(whole.items, [...path, '[]'], inside)),
    ...(whole.allOf ?? []).flatMap((part) => fieldsOf(part, path, inside)),
  ];
}

const RESPONSES = ROUTES.flatMap((route) =>
  Object.entries(route.operation.responses)
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([, { content = {} }]) =>
      Object.values(content).map((media) => ({
        route: nameOf(route),
        method: route.method,
        fields: fieldsOf(media.schema as Schema),
      })),
    ),
);
const isMarked = ({ schema }: Field) => schema['x-shown-once'] === true;
const nameIn = ({ path }: Field) => path.split('.').at(-1)!;

describe('each field of a response that looks like a secret', () => {
  it('is shown once: it is not stored for repetitions', () => {
    const unmarked = RESPONSES.flatMap(({ route, fields }) =>
      fields
        .filter((field) => LIKE_A_SECRET.test(nameIn(field)) && !(nameIn(field) in HARMLESS))
        .filter((field) => !isMarked(field))
        .map(({ path }) => `${route} ${path}`),
    );
    expect(unmarked).toEqual([]);
  });

  it('is in the response of a change and not of a read', () => {
    const shown = RESPONSES.flatMap(({ route, fields }) =>
      fields.filter(isMarked).map(({ path }) => `${route} ${path}`),
    );
    expect(shown.sort()).toEqual([
      'POST /api-keys key',
      'POST /api-keys signingSecret',
      'POST /events/tickets ticket',
      'POST /webhooks secret',
      'POST /webhooks/{id}/rotate-secret secret',
    ]);
  });

  it('says so, can be null, and stands on its own, where the store finds it', () => {
    const marked = RESPONSES.flatMap(({ fields }) => fields.filter(isMarked));
    for (const { path, schema } of marked) {
      expect(path).not.toContain('.');
      expect(schema.description).toContain('Shown only once');
      expect(schema.nullable === true || (schema.type as string[]).includes('null')).toBe(true);
    }
  });

  it('would be noticed in depth', () => {
    const inside: Schema = { properties: { data: { items: { properties: { apiKey: {} } } } } };
    const paths = fieldsOf(inside).filter((field) => LIKE_A_SECRET.test(nameIn(field)));
    expect(paths.map(({ path }) => path)).toEqual(['data.[].apiKey']);
  });
});
