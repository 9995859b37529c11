import { randomUUID } from 'node:crypto';
import { DEFAULT_KEY_SCOPES, KEY_SCOPES, type KeyScope } from '../src/access/key-scopes.js';
import { RIGHTS } from '../src/access/rights.js';
import { mayCall, scopesFor } from '../src/access/routes.js';
import { TestApplication, type Headers } from './support/application.js';
import { exampleCall } from './support/example-call.js';
import { nameOf, ROUTES } from './support/openapi.js';
import { invalid } from './support/refused.js';
import { World } from './support/world.js';

/** The scopes of API keys, written a second time too. What is missing needs `read`. */
const SCOPES_BY_HAND: Record<string, readonly KeyScope[]> = {
  resolve: ['resolve'],
  'deallocate, reassign, move': ['route'],
  'run and cancel bulks': ['route'],
  'see bulks': ['read', 'route'],
  boost: ['route', 'ingest'],
  'change and merge leads': ['admin:leads'],
  'erase leads': ['admin:leads'],
  'attach, detach labels': ['resolve'],
  'ingest messages': ['ingest'],
  'tell customers how long they will wait': ['ingest', 'read'],
};

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

describe('the scopes of a service', () => {
  const ofServices = ROUTES.map((route) => [nameOf(route), route] as const).filter(([name]) => {
    const may = mayCall(name);
    return may !== 'everybody' && may.SERVICE !== undefined;
  });
  const services = new Map<string, readonly [Headers, readonly KeyScope[]]>();
  beforeAll(async () => {
    const world = await World.create(app);
    for (const scope of KEY_SCOPES) services.set(scope, [await world.service([scope]), [scope]]);
    services.set('a gateway', [world.orchestrator, DEFAULT_KEY_SCOPES]);
    const { body } = await app.call('post', '/api-keys', world.admin).send({ name: 'default' }).expect(201);
    const { key, scopes } = body as { key: string; scopes: readonly KeyScope[] };
    expect(scopes).toEqual(['read', 'ingest', 'resolve', 'admin:leads']);
    services.set('a key that names none', [{ Authorization: `Bearer ${key}` }, scopes]);
  });

  it('agree with the table of rights', () => {
    const wrong = RIGHTS.flatMap(({ what, may, scopes }) => {
      const expected =
        may === 'everybody' || may.SERVICE === undefined ? undefined : (SCOPES_BY_HAND[what] ?? ['read']);
      return JSON.stringify(scopes) === JSON.stringify(expected) ? [] : [what];
    });
    expect(wrong).toEqual([]);
  });

  it.each(ofServices)('%s', async (name, route) => {
    const needed = scopesFor(name);
    for (const [service, [headers, scopes]] of services) {
      const { status, text } = await exampleCall(app, route, headers, () => randomUUID());
      if (scopes.some((scope) => needed.includes(scope)))
        expect([service, status]).not.toEqual([service, 403]);
      else {
        expect([service, status]).toEqual([service, 403]);
        expect(JSON.parse(text)).toMatchObject({
          code: 'FORBIDDEN',
          detail: `This operation needs an API key with the scope ${needed.join(' or ')}. You have ${scopes.join(', ')}.`,
        });
      }
    }
  });
});

describe('a service that routes', () => {
  it('takes, gives and moves conversations, and the ledger has its name', async () => {
    const world = await World.create(app);
    const [inbox, other] = [await world.inbox(), await world.inbox()];
    const operator = await world.operator({ inboxes: [inbox] });
    const router = await world.service(['route']);
    const { id } = await world.queued(inbox);
    const post = (path: string, more: object = {}) =>
      app
        .call('post', path, router)
        .send({ conversationId: id, ...more })
        .expect(200);
    await post('/allocation/reassign', { operatorId: operator.id });
    await post('/allocation/deallocate');
    await post('/allocation/move-inbox', { inboxId: other.id });
    await world.boost(id, 30, router);
    const { body } = await app.call('get', `/conversations/${id}/history`, world.admin).expect(200);
    const actor = { type: 'SERVICE', id: 'with route' };
    expect((body as { data: object[] }).data.slice(1)).toMatchObject([
      { type: 'conversation.reassigned', actor, reason: 'Given to the operator by a service' },
      { type: 'conversation.deallocated', actor, reason: 'Taken from the operator by a service' },
      { type: 'conversation.moved', actor, reason: 'Moved by a service' },
      { type: 'conversation.boosted', actor },
    ]);
  });
});

describe('the scopes of a new key', () => {
  it.each([[['read', 'write']], [['READ']], [[]], [['read', 'read']], ['read'], [null], [[null]]])(
    'cannot be %j',
    async (scopes) => {
      const world = await World.create(app);
      const call = app.call('post', '/api-keys', world.admin).send({ name: 'x', scopes });
      await invalid(call, 'scopes');
    },
  );

  it('are listed to who names one that does not exist', async () => {
    const world = await World.create(app);
    const request = { name: 'x', scopes: ['write'] };
    const { body } = await app.call('post', '/api-keys', world.admin).send(request).expect(400);
    expect(body).toMatchObject({ detail: expect.stringContaining(KEY_SCOPES.join(', ')) as string });
  });

  it('are kept in one order', async () => {
    const world = await World.create(app);
    const request = { name: 'x', scopes: ['route', 'read'] };
    const { body } = await app.call('post', '/api-keys', world.admin).send(request).expect(201);
    expect(body).toMatchObject({ scopes: ['read', 'route'] });
    const list = await app.call('get', '/api-keys', world.admin).expect(200);
    expect(list.body).toMatchObject({ data: [{ scopes: ['read', 'route'] }] });
  });
});
