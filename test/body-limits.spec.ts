import { randomUUID } from 'node:crypto';
import { TestApplication, type Headers } from './support/application.js';
import { COMMITTED, nameOf, ROUTES } from './support/openapi.js';
import { problemCode, raw, type RawRequest } from './support/raw.js';
import { World } from './support/world.js';

const BATCH = 'orchestrator/messages/batch';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
});
afterAll(() => app.stop());

type Sent = Partial<RawRequest> & { path: string };

/** A request as an administrator, unless its headers name somebody else. */
const request = ({ path, headers = world.admin, ...more }: Sent, url = app.url) =>
  raw(url, {
    method: 'POST',
    path: `/api/v1/${path}`,
    headers: { 'Content-Type': 'application/json', ...headers },
    ...more,
  });

async function outcome(sent: Sent): Promise<string> {
  const response = await request(sent);
  return `${response.status} ${problemCode(response, `/api/v1/${sent.path}`)}`;
}

const manyFields = (count: number) => Array.from({ length: count }, (_, i) => `"f${i}":1`).join();

/** The longest JSON of a schema, with every character that can be escaped as such: `\u0041`. */
function longest(schema: Schema): number {
  const { $ref, anyOf, oneOf, allOf, enum: values, properties, items, maxItems, maxLength, format } = schema;
  if ($ref !== undefined) return longest(followed(schema));
  const alternatives = anyOf ?? oneOf ?? allOf;
  if (alternatives !== undefined) return Math.max(...alternatives.map(longest));
  if (values !== undefined) return Math.max(...values.map((value) => JSON.stringify(value).length));
  if (properties !== undefined) {
    // A cursor is what the service made, and so has nothing to escape.
    const size = (name: string, part: Schema) => (name === 'cursor' ? part.maxLength! + 2 : longest(part));
    return Object.entries(properties).reduce(
      (sum, [name, part]) => sum + name.length + 4 + size(name, part),
      2,
    );
  }
  if (items !== undefined) return (maxItems ?? followed(items).enum!.length) * (longest(items) + 1) + 2;
  if (schema.type === 'string' || schema.type?.includes('string') === true) {
    return (maxLength ?? 64) * (format === 'url' ? 1 : 6) + 2;
  }
  return 24;
}
/** Only lists of the values of an enumeration have no `maxItems`. */
const followed = (schema: Schema): Schema =>
  schema.$ref === undefined
    ? schema
    : (COMMITTED.components.schemas[schema.$ref.split('/').at(-1)!] as Schema);
interface Schema {
  $ref?: string;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  enum?: unknown[];
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  maxItems?: number;
  maxLength?: number;
  format?: string;
}

describe('the default limits of bodies', () => {
  const sizes = ROUTES.flatMap((route) => {
    const media = route.operation.requestBody?.content['application/json'];
    return media === undefined ? [] : [[nameOf(route), longest(media.schema)] as const];
  });

  it('let everything pass that the document allows', () => {
    const lists = [
      'POST /orchestrator/messages/batch',
      'POST /orchestrator/outlook',
      'POST /allocation/bulk',
      'PUT /inboxes/{id}/operators',
      'POST /operators/batch',
      'POST /inboxes/batch',
    ];
    expect(sizes.length).toBeGreaterThan(15);
    expect(sizes.filter(([name, bytes]) => bytes > 16 * 1024 && !lists.includes(name))).toEqual([]);
    expect(sizes.filter(([name, bytes]) => bytes <= 16 * 1024 && lists.includes(name))).toEqual([]);
  });

  it('are much more than the examples of the document', () => {
    const examples = ROUTES.flatMap(({ operation }) => {
      const { example, examples = {} } = operation.requestBody?.content['application/json'] ?? {};
      return [example, ...Object.values(examples).map(({ value }) => value)].filter(Boolean);
    });
    expect(examples.length).toBeGreaterThan(15);
    expect(examples.filter((example) => JSON.stringify(example).length > 4 * 1024)).toEqual([]);
  });

  it('can be set', async () => {
    const small = await app.another({ BODY_LIMIT_BYTES: '4096', LIST_BODY_LIMIT_BYTES: '8192' });
    try {
      const post = async (path: string, headers: Headers, bytes: number) =>
        (await request({ path, headers, body: ' '.repeat(bytes) }, small.url)).body;
      expect(await post('operators', world.admin, 4_096)).toMatchObject({ status: 400 });
      expect(await post('operators', world.admin, 4_097)).toMatchObject({ status: 413 });
      expect(await post(BATCH, world.orchestrator, 8_192)).toMatchObject({ status: 400 });
      expect(await post(BATCH, world.orchestrator, 8_193)).toMatchObject({
        code: 'PAYLOAD_TOO_LARGE',
        detail: 'The body of this request can have at most 8 KB.',
      });
    } finally {
      await small.stop();
    }
  });
});

describe('a body', () => {
  it.each([
    ['inboxes', 16],
    ['orchestrator/messages', 16],
    [BATCH, 2_048],
    ['operators/batch', 2_048],
    ['inboxes/batch', 2_048],
  ])('to %s can have %d KB, whether it announces them or not', async (path, kilobytes) => {
    const headers = path.startsWith('orchestrator') ? world.orchestrator : world.admin;
    const body = `{"a":1${' '.repeat(kilobytes * 1024 - 7)}}`;
    expect(await outcome({ path, headers, body })).toBe('400 VALIDATION_FAILED');
    expect(await outcome({ path, headers, chunks: [body] })).toBe('400 VALIDATION_FAILED');
    expect(await outcome({ path, headers, body: `${body} ` })).toBe('413 PAYLOAD_TOO_LARGE');
    expect(await outcome({ path, headers, chunks: [body, ' '] })).toBe('413 PAYLOAD_TOO_LARGE');
  });

  it('that is a list can have 2 MB', async () => {
    const path = `inboxes/${randomUUID()}/operators`;
    const body = `[${' '.repeat(2_048 * 1024 - 2)}]`;
    expect(await outcome({ method: 'PUT', path, body })).toBe('404 NOT_FOUND');
    expect(await outcome({ method: 'PUT', path, body: `${body} ` })).toBe('413 PAYLOAD_TOO_LARGE');
  });

  it('gets at most 20 errors, and a text that says how many more there are', async () => {
    const { body } = await request({ path: 'operators', body: `{${manyFields(50)}}` });
    expect(body['errors']).toHaveLength(20);
    expect(body['detail']).toMatch(/; and 30 more$/);
  });

  it('is not read for callers who are unknown or have no right', async () => {
    const operator = await world.operator();
    const body = 'not JSON';
    expect(await outcome({ path: 'operators', body, headers: {} })).toBe('401 UNAUTHENTICATED');
    expect(await outcome({ path: 'operators', body, headers: operator.headers })).toBe('403 FORBIDDEN');
    expect(await outcome({ path: 'nowhere', body, headers: {} })).toBe('404 NOT_FOUND');
    expect(await outcome({ path: 'operators', body })).toBe('400 VALIDATION_FAILED');
  });
});
