import { randomUUID } from 'node:crypto';
import { METHOD_METADATA } from '@nestjs/common/constants';
import { DiscoveryService } from '@nestjs/core';
import { RIGHTS } from '../src/access/allow.js';
import { TestApplication, type Headers } from './support/application.js';
import { nameOf, ROUTES, type Media, type Route } from './support/openapi.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World, type Person } from './support/world.js';

const CALLERS = ['OPERATOR', 'MANAGER', 'ADMIN', 'SERVICE', 'PLATFORM', 'nobody'] as const;
type CallerName = (typeof CALLERS)[number];

/** The rights of the API, by hand: a new route has to be written down here before the suite is green again. */
const MATRIX: Record<
  string,
  [operator: 0 | 1, manager: 0 | 1, admin: 0 | 1, service: 0 | 1, platform: 0 | 1]
> = {
  // see conversations
  'GET /conversations': [1, 1, 1, 1, 0],
  'GET /conversations/search': [1, 1, 1, 1, 0],
  'GET /conversations/{id}': [1, 1, 1, 1, 0],
  'GET /conversations/{id}/history': [1, 1, 1, 1, 0],
  'GET /conversations/{id}/explain': [1, 1, 1, 1, 0],
  // see the leads behind them
  'GET /leads': [1, 1, 1, 1, 0],
  'GET /leads/{id}': [1, 1, 1, 1, 0],
  // allocate, claim: people for themselves
  'POST /allocation/allocate': [1, 1, 1, 0, 0],
  'POST /allocation/claim': [1, 1, 1, 0, 0],
  'GET /allocation/queue': [1, 1, 1, 0, 0],
  // resolve: their own, or any
  'POST /allocation/resolve': [1, 1, 1, 1, 0],
  // deallocate, reassign, move; what the absent are about to lose
  'POST /allocation/deallocate': [0, 1, 1, 0, 0],
  'POST /allocation/reassign': [0, 1, 1, 0, 0],
  'POST /allocation/move-inbox': [0, 1, 1, 0, 0],
  'GET /grace-periods': [0, 1, 1, 0, 0],
  'POST /grace-periods/expire': [0, 1, 1, 0, 0],
  // labels: ADMIN defines, who handles a conversation attaches
  'GET /inboxes/{id}/labels': [1, 1, 1, 1, 0],
  'POST /inboxes/{id}/labels': [0, 0, 1, 0, 0],
  'PATCH /labels/{id}': [0, 0, 1, 0, 0],
  'DELETE /labels/{id}': [0, 0, 1, 0, 0],
  'GET /conversations/{id}/labels': [1, 1, 1, 1, 0],
  'PUT /conversations/{id}/labels/{labelId}': [1, 1, 1, 1, 0],
  'DELETE /conversations/{id}/labels/{labelId}': [1, 1, 1, 1, 0],
  // define inboxes, operators, settings
  'POST /inboxes': [0, 0, 1, 0, 0],
  'PATCH /inboxes/{id}': [0, 0, 1, 0, 0],
  'GET /inboxes': [1, 1, 1, 1, 0],
  'GET /inboxes/{id}': [1, 1, 1, 1, 0],
  'POST /operators': [0, 0, 1, 0, 0],
  'PATCH /operators/{id}': [0, 0, 1, 0, 0],
  'GET /operators': [0, 1, 1, 1, 0],
  'GET /operators/{id}': [1, 1, 1, 1, 0],
  'GET /tenant': [1, 1, 1, 1, 0],
  'PATCH /tenant/settings': [0, 0, 1, 0, 0],
  // subscriptions, availability: OPERATORs their own, the service reads
  'GET /inboxes/{id}/operators': [1, 1, 1, 1, 0],
  'POST /inboxes/{id}/operators': [0, 1, 1, 0, 0],
  'PUT /inboxes/{id}/operators': [0, 1, 1, 0, 0],
  'DELETE /inboxes/{id}/operators/{operatorId}': [0, 1, 1, 0, 0],
  'GET /operators/{id}/status': [1, 1, 1, 1, 0],
  'PUT /operators/{id}/status': [1, 1, 1, 0, 0],
  // statistics: OPERATORs their own
  'GET /operators/{id}/stats': [1, 1, 1, 1, 0],
  'GET /stats/queue': [0, 1, 1, 1, 0],
  'GET /stats/distribution': [0, 1, 1, 1, 0],
  'GET /stats/operators': [0, 1, 1, 1, 0],
  // keys of services
  'POST /api-keys': [0, 0, 1, 0, 0],
  'GET /api-keys': [0, 0, 1, 0, 0],
  'DELETE /api-keys/{id}': [0, 0, 1, 0, 0],
  // what changed
  'GET /events': [1, 1, 1, 1, 0],
  // receivers of what changed
  'POST /webhooks': [0, 0, 1, 0, 0],
  'GET /webhooks': [0, 0, 1, 0, 0],
  'GET /webhooks/{id}': [0, 0, 1, 0, 0],
  'PATCH /webhooks/{id}': [0, 0, 1, 0, 0],
  'DELETE /webhooks/{id}': [0, 0, 1, 0, 0],
  'POST /webhooks/{id}/rotate-secret': [0, 0, 1, 0, 0],
  'GET /webhooks/{id}/deliveries': [0, 0, 1, 0, 0],
  'POST /webhooks/{id}/deliveries/{deliveryId}/redeliver': [0, 0, 1, 0, 0],
  // ingest messages
  'POST /orchestrator/messages': [0, 0, 0, 1, 0],
  'POST /orchestrator/messages/batch': [0, 0, 0, 1, 0],
  // create and list tenants, nothing inside one
  'POST /tenants': [0, 0, 0, 0, 1],
  'GET /tenants': [0, 0, 0, 0, 1],
};
const OPEN = ['GET /health', 'GET /ready', 'GET /version'];

let app: TestApplication;
let callers: Record<CallerName, Headers>;
let people: Record<'OPERATOR' | 'MANAGER' | 'ADMIN', Person>;
beforeAll(async () => {
  app = await TestApplication.start();
  const world = await World.create(app);
  people = {
    OPERATOR: await world.operator(),
    MANAGER: await world.operator({ role: 'MANAGER' }),
    ADMIN: await world.operator({ role: 'ADMIN' }),
  };
  callers = {
    OPERATOR: people.OPERATOR.headers,
    MANAGER: people.MANAGER.headers,
    ADMIN: people.ADMIN.headers,
    SERVICE: world.orchestrator,
    PLATFORM: { Authorization: `Bearer ${PLATFORM_KEY}` },
    nobody: {},
  };
});
afterAll(() => app.stop());

/** The call as the document shows it. An OPERATOR asks about themselves, everybody else about nobody there is. */
async function statusOf(route: Route, caller: CallerName): Promise<number> {
  const id =
    caller === 'OPERATOR' && route.path.includes('/operators/{id}') ? people.OPERATOR.id : randomUUID();
  const body = exampleBody(route.operation.requestBody?.content);
  const answer = await fetch(`${app.url}${route.path.replaceAll(/\{\w+\}/g, id)}${queryOf(route)}`, {
    method: route.method.toUpperCase(),
    headers: { ...callers[caller], ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    body: body ?? null,
  });
  await answer.arrayBuffer();
  return answer.status;
}

function exampleBody(content: Record<string, Media> | undefined): string | undefined {
  const media = content?.['application/json'];
  if (media === undefined) return undefined;
  return JSON.stringify(media.example ?? Object.values(media.examples ?? {})[0]?.value);
}

function queryOf({ operation }: Route): string {
  const needed = operation.parameters.filter((parameter) => parameter.in === 'query' && parameter.required);
  const values = Object.fromEntries(needed.map(({ name }) => [name, '+4915112345678']));
  return needed.length === 0 ? '' : `?${new URLSearchParams(values).toString()}`;
}

const right = (status: number) => (status === 401 || status === 403 ? String(status) : 'allowed');

describe('who may call what', () => {
  it('is written down for every route', () => {
    expect(ROUTES.map(nameOf).sort()).toEqual([...Object.keys(MATRIX), ...OPEN].sort());
  });

  describe.each(ROUTES.map((route) => [nameOf(route), route] as const))('%s', (name, route) => {
    const rights = MATRIX[name] ?? [];
    const expected = OPEN.includes(name)
      ? CALLERS.map((caller) => [caller, 'allowed'] as const)
      : CALLERS.map(
          (caller, i) => [caller, caller === 'nobody' ? '401' : rights[i] === 1 ? 'allowed' : '403'] as const,
        );

    it.each(expected)('%s: %s', async (caller, outcome) => {
      const status = await statusOf(route, caller);
      expect(right(status)).toBe(outcome);
      expect(status).toBeLessThan(500);
    });

    it('is what the document says', () => {
      const allowed = CALLERS.filter((caller, i) => caller !== 'nobody' && rights[i] === 1);
      expect([...(route.operation['x-allowed'] ?? [])].sort()).toEqual([...allowed].sort());
    });
  });
});

describe('an OPERATOR', () => {
  it.each([
    'GET /operators/{id}',
    'GET /operators/{id}/stats',
    'GET /operators/{id}/status',
    'PUT /operators/{id}/status',
  ])('has only their own: %s of a colleague and of nobody alike are 403', async (name) => {
    const [method = '', path = ''] = name.toLowerCase().split(' ');
    for (const id of [people.MANAGER.id, randomUUID()]) {
      await app
        .call(method as 'get' | 'put', path.replace('{id}', id), callers.OPERATOR)
        .send(method === 'put' ? { status: 'OFFLINE' } : undefined)
        .expect(403);
    }
  });
});

describe('every method of every controller', () => {
  it('declares who may call it', () => {
    const handlers = app.nest
      .get(DiscoveryService, { strict: false })
      .getControllers()
      .flatMap(({ name, metatype }) =>
        methodsOf(metatype as new () => object).map((handler) => ({
          route: `${String(name)}.${handler.name}`,
          rights: Reflect.getMetadata(RIGHTS, handler) as unknown,
        })),
      );
    expect(handlers.filter(({ rights }) => !Array.isArray(rights)).map(({ route }) => route)).toEqual([]);
    expect(handlers).toHaveLength(ROUTES.length);
  });
});

/** The methods that Nest serves. */
function methodsOf(controller: new () => object): (() => unknown)[] {
  return Object.values(Object.getOwnPropertyDescriptors(controller.prototype as object))
    .map(({ value }) => value as unknown)
    .filter((value): value is () => unknown => typeof value === 'function')
    .filter((method) => Reflect.hasMetadata(METHOD_METADATA, method));
}
