import { randomUUID } from 'node:crypto';
import { TestApplication, type Headers } from './support/application.js';
import { nameOf, ROUTES } from './support/openapi.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
});
afterAll(() => app.stop());

const PLATFORM: Headers = { Authorization: `Bearer ${PLATFORM_KEY}` };

/** Every parameter of every path. */
const PARAMETERS = ROUTES.flatMap((route) =>
  route.operation.parameters
    // One that is no UUID is an externalId, which can be any text.
    .filter((parameter) => parameter.in === 'path' && 'format' in parameter.schema)
    .map(({ name }) => [nameOf(route), name, route] as const),
);

it('the document has path parameters other than id', () => {
  expect([...new Set(PARAMETERS.map(([, name]) => name))].sort()).toEqual(
    expect.arrayContaining(['deliveryId', 'id', 'labelId', 'operatorId']),
  );
});

it.each(PARAMETERS)(
  '%s with a malformed %s names that parameter',
  async (_route, wrong, { method, path, operation }) => {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === wrong ? '42' : randomUUID()));
    const { example, examples = {} } = operation.requestBody?.content['application/json'] ?? {};
    const body = example ?? Object.values(examples)[0]?.value;
    const caller = path.includes('/tenants/') ? PLATFORM : world.admin;
    const response = await fetch(`${app.url}${filled}`, {
      method: method.toUpperCase(),
      headers: body === undefined ? caller : { ...caller, 'Content-Type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    expect(await response.json()).toMatchObject({
      status: 400,
      code: 'VALIDATION_FAILED',
      errors: [{ field: wrong, message: '"42" is not a UUID' }],
    });
  },
);
