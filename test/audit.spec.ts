import { AUDITED_ROUTES } from '../src/access/routes.js';
import { ACTIONS } from '../src/audit/audited.js';
import type { AuditEventResponse } from '../src/audit/audit-event.js';
import type { Route } from '../src/access/rights.js';
import { TestApplication, type Headers } from './support/application.js';
import { nameOf, ROUTES } from './support/openapi.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

/** What changes, and what its entry says. */
interface Case {
  path: string;
  body?: object;
  by?: Headers;
  says: { action: keyof typeof ACTIONS; before: object | null; after: object | null };
}

const SECRET_PLACES = /carla|\+4930|hooks\.customer|whsec_|iak_/;

async function made(world: World, path: string, body: object, headers = world.admin) {
  const { body: thing } = await app.call('post', path, headers).send(body).expect(201);
  return thing as { id: string };
}

const webhookOf = (world: World) =>
  made(world, '/webhooks', { url: 'https://hooks.customer.example/secret-path' });

/** A change by each route that changes the configuration. */
const CASES: Record<string, (world: World) => Promise<Case>> = {
  'POST /inboxes': () =>
    Promise.resolve({
      path: '/inboxes',
      body: { name: 'Returns', distribution: 'ROUND_ROBIN' },
      says: { action: 'inbox.created', before: null, after: { name: 'Returns', distribution: 'ROUND_ROBIN' } },
    }),
  'PATCH /inboxes/{id}': async (world) => ({
    path: `/inboxes/${(await world.inbox({ name: 'Sales' })).id}`,
    body: { name: 'Shop', distribution: 'PULL' },
    says: { action: 'inbox.updated', before: { name: 'Sales' }, after: { name: 'Shop' } },
  }),
  'POST /inboxes/{id}/labels': async (world) => {
    const { id } = await world.inbox();
    return {
      path: `/inboxes/${id}/labels`,
      body: { name: 'vip' },
      says: { action: 'label.created', before: null, after: { name: 'vip', inboxId: id } },
    };
  },
  'PATCH /labels/{id}': async (world) => ({
    path: `/labels/${(await made(world, `/inboxes/${(await world.inbox()).id}/labels`, { name: 'vip' })).id}`,
    body: { color: '#d97706' },
    says: { action: 'label.updated', before: { color: null }, after: { color: '#d97706' } },
  }),
  'DELETE /labels/{id}': async (world) => ({
    path: `/labels/${(await made(world, `/inboxes/${(await world.inbox()).id}/labels`, { name: 'vip' })).id}`,
    says: { action: 'label.deleted', before: { name: 'vip' }, after: null },
  }),
  'POST /operators': () =>
    Promise.resolve({
      path: '/operators',
      body: { name: 'Otto', email: 'carla@customer.example', maxLoad: 3 },
      says: {
        action: 'operator.created',
        before: null,
        after: { name: 'Otto', email: '[hidden]', maxLoad: 3, role: 'OPERATOR', isActive: true },
      },
    }),
  'PATCH /operators/{id}': async (world) => ({
    path: `/operators/${(await world.operator()).id}`,
    body: { role: 'MANAGER', email: 'carla@customer.example' },
    says: {
      action: 'operator.updated',
      before: { role: 'OPERATOR', email: null },
      after: { role: 'MANAGER', email: '[hidden]' },
    },
  }),
  'PATCH /tenant/settings': () =>
    Promise.resolve({
      path: '/tenant/settings',
      body: { gracePeriodSeconds: 77 },
      says: { action: 'tenant.updated', before: { gracePeriodSeconds: 900 }, after: { gracePeriodSeconds: 77 } },
    }),
  'POST /api-keys': () =>
    Promise.resolve({
      path: '/api-keys',
      body: { name: 'crm', requestSigning: true },
      says: {
        action: 'api-key.created',
        before: null,
        after: { name: 'crm', requestSigning: true, isRevoked: false },
      },
    }),
  'DELETE /api-keys/{id}': async (world) => ({
    path: `/api-keys/${(await made(world, '/api-keys', { name: 'crm' })).id}`,
    says: { action: 'api-key.revoked', before: { isRevoked: false }, after: { isRevoked: true } },
  }),
  'POST /webhooks': () =>
    Promise.resolve({
      path: '/webhooks',
      body: { url: 'https://hooks.customer.example/secret-path', description: 'CRM' },
      says: { action: 'webhook.created', before: null, after: { url: '[hidden]', description: 'CRM', enabled: true } },
    }),
  'PATCH /webhooks/{id}': async (world) => ({
    path: `/webhooks/${(await webhookOf(world)).id}`,
    body: { enabled: false, url: 'https://hooks.customer.example/other-path' },
    says: {
      action: 'webhook.updated',
      before: { enabled: true, url: '[hidden]' },
      after: { enabled: false, url: '[hidden]' },
    },
  }),
  'DELETE /webhooks/{id}': async (world) => ({
    path: `/webhooks/${(await webhookOf(world)).id}`,
    says: { action: 'webhook.deleted', before: { url: '[hidden]', enabled: true }, after: null },
  }),
  'POST /webhooks/{id}/rotate-secret': async (world) => ({
    path: `/webhooks/${(await webhookOf(world)).id}/rotate-secret`,
    says: { action: 'webhook.secret-rotated', before: { secret: '[hidden]' }, after: { secret: '[hidden]' } },
  }),
  'POST /inboxes/{id}/operators': async (world) => {
    const { id } = await world.operator();
    return {
      path: `/inboxes/${(await world.inbox()).id}/operators`,
      body: { operatorId: id, weight: 30 },
      says: {
        action: 'inbox.subscriptions-changed',
        before: { subscriptions: {} },
        after: { subscriptions: { [id]: { weight: 30, maxLoad: null } } },
      },
    };
  },
  'PUT /inboxes/{id}/operators': async (world) => {
    const inbox = await world.inbox();
    const [stays, changes, goes] = [
      await world.operator({ inboxes: [inbox] }),
      await world.operator({ inboxes: [inbox] }),
      await world.operator({ inboxes: [inbox] }),
    ];
    const [one, other] = [
      { weight: 1, maxLoad: null },
      { weight: 9, maxLoad: 2 },
    ];
    return {
      path: `/inboxes/${inbox.id}/operators`,
      body: [
        { operatorId: stays.id, weight: 1 },
        { operatorId: changes.id, ...other },
      ],
      says: {
        action: 'inbox.subscriptions-changed',
        before: { subscriptions: { [changes.id]: one, [goes.id]: one } },
        after: { subscriptions: { [changes.id]: other } },
      },
    };
  },
  'DELETE /inboxes/{id}/operators/{operatorId}': async (world) => {
    const inbox = await world.inbox();
    const { id } = await world.operator({ inboxes: [inbox] });
    return {
      path: `/inboxes/${inbox.id}/operators/${id}`,
      says: {
        action: 'inbox.subscriptions-changed',
        before: { subscriptions: { [id]: { weight: 1, maxLoad: null } } },
        after: { subscriptions: {} },
      },
    };
  },
  'POST /tenants': () =>
    Promise.resolve({
      path: '/tenants',
      by: { Authorization: `Bearer ${PLATFORM_KEY}` },
      body: { name: 'New tenant', admin: { name: 'Ada' } },
      says: { action: 'tenant.created', before: null, after: { name: 'New tenant' } },
    }),
};

/** They change what happens to conversations, customers and availability, which the ledger has, or change nothing. */
const NO_CONFIGURATION = [
  'POST /allocation/accept',
  'POST /allocation/allocate',
  'POST /allocation/claim',
  'POST /allocation/deallocate',
  'POST /allocation/move-inbox',
  'POST /allocation/park',
  'POST /allocation/reassign',
  'POST /allocation/release',
  'POST /allocation/resolve',
  'POST /allocation/transfer',
  'POST /allocation/unpark',
  'PUT /conversations/{id}/boost',
  'PUT /conversations/{id}/labels/{labelId}',
  'DELETE /conversations/{id}/labels/{labelId}',
  'POST /conversations/search',
  'POST /grace-periods/expire',
  'PATCH /leads/{id}',
  'POST /leads/{id}/merge',
  'POST /leads/search',
  'PUT /operators/{id}/presence',
  'PUT /operators/{id}/status',
  'POST /orchestrator/messages',
  'POST /orchestrator/messages/batch',
  'POST /orchestrator/replies',
  'POST /webhooks/{id}/deliveries/{deliveryId}/redeliver',
];

const METHOD = /^\w+/;
const method = (route: string) => METHOD.exec(route)![0].toLowerCase() as 'post' | 'put' | 'patch' | 'delete';

async function entries(world: World, query = ''): Promise<AuditEventResponse[]> {
  const { body } = await app.call('get', `/audit-events?limit=100${query}`, world.admin).expect(200);
  return (body as { data: AuditEventResponse[] }).data;
}

it('every route that changes something is audited, or changes no configuration', () => {
  const changing = ROUTES.map(nameOf).filter((route) => !route.startsWith('GET '));
  expect([...Object.keys(CASES), ...NO_CONFIGURATION].sort()).toEqual(changing.sort());
  expect([...AUDITED_ROUTES].sort()).toEqual(Object.keys(CASES).sort() as Route[]);
});

describe.each(Object.entries(CASES))('%s', (route, prepare) => {
  it('has an entry that says who changed what', async () => {
    const world = await World.create(app);
    const change = await prepare(world);
    const by = change.by ?? world.admin;
    const response = await app
      .call(method(route), change.path, by)
      .send(change.body)
      .set('X-Request-Id', 'request-of-the-change');
    expect(response.status).toBeLessThan(300);
    const tenantId = (response.body as { tenant?: { id: string } }).tenant?.id ?? world.tenantId;
    const rows = await app.database.rows<{ request_id: string; actor_id: string; text: string }>(
      `select e.*, e::text as text from audit_events e where tenant_id = $1 order by occurred_at`,
      [tenantId],
    );
    const own = rows.filter((row) => row.request_id === 'request-of-the-change');
    expect(own[0]).toMatchObject({
      actor_type: change.by === undefined ? 'OPERATOR' : 'PLATFORM',
      actor_id: change.by === undefined ? world.admin['X-Operator-Id'] : null,
      ...change.says,
      before: change.says.before === null ? null : expect.objectContaining(change.says.before),
      after: change.says.after === null ? null : expect.objectContaining(change.says.after),
      subject_type: ACTIONS[change.says.action],
    });
    // Creating a tenant creates its first ADMIN too.
    expect(own).toHaveLength(route === 'POST /tenants' ? 2 : 1);
    expect(own.filter(({ text }) => SECRET_PLACES.test(text))).toEqual([]);
  });

  it('changes nothing when its entry cannot be written', async () => {
    const world = await World.create(app);
    const change = await prepare(world);
    const state = () =>
      app.database.rows(
        ['inboxes', 'operators', 'subscriptions', 'labels', 'api_keys', 'webhooks']
          .map((table) => `select '${table}' as of, to_jsonb(t) - 'updated_at' as row from ${table} t where tenant_id = $1`)
          .join(' union all ')
          .concat(` union all select 'tenants', to_jsonb(t) - 'updated_at' from tenants t where id = $1 order by 1, 2`),
        [world.tenantId],
      );
    const before = await state();
    await app.database.rows('alter table audit_events add constraint nothing check (false) not valid');
    try {
      const { status } = await app.call(method(route), change.path, change.by ?? world.admin).send(change.body);
      expect(status).toBe(500);
    } finally {
      await app.database.rows('alter table audit_events drop constraint nothing');
    }
    expect(await state()).toEqual(before);
  });
});

describe('GET /audit-events', () => {
  it('lists the newest first, in pages, by actor, subject, action and time', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const colleague = await world.operator({ role: 'ADMIN' });
    for (const name of ['one', 'two', 'three'])
      await app.call('patch', `/inboxes/${inbox.id}`, colleague.headers).send({ name }).expect(200);
    const all = await entries(world);
    expect(all.map(({ occurredAt }) => occurredAt)).toEqual(
      all.map(({ occurredAt }) => occurredAt).sort().reverse(),
    );
    const mine = await entries(world, `&actor=${colleague.id}`);
    expect(mine.map(({ after }) => after)).toEqual([{ name: 'three' }, { name: 'two' }, { name: 'one' }]);
    expect(await entries(world, `&subject=${inbox.id}&action=inbox.updated`)).toEqual(mine);
    expect(await entries(world, `&subject=${inbox.id}`)).toHaveLength(4);
    expect(await entries(world, `&action=inbox.created&actor=${colleague.id}`)).toEqual([]);
    const [last, middle, first] = mine;
    const between = `&subject=${inbox.id}&from=${first!.occurredAt}&to=${last!.occurredAt}`;
    expect(await entries(world, between)).toEqual(expect.arrayContaining([middle]));
    const seen: AuditEventResponse[] = [];
    for (let cursor: string | null = null; ;) {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await app.call('get', `/audit-events?limit=2${query}`, world.admin).expect(200);
      const page = body as { data: AuditEventResponse[]; nextCursor: string | null };
      seen.push(...page.data);
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    expect(seen).toEqual(all);
  });

  it('has no entry of a change that changes nothing, or that is refused', async () => {
    const world = await World.create(app);
    const { id, name } = await world.inbox();
    await world.inbox({ name: 'Taken' });
    const before = await entries(world);
    await app.call('patch', `/inboxes/${id}`, world.admin).send({ name }).expect(200);
    await app.call('patch', `/inboxes/${id}`, world.admin).send({ name: 'taken' }).expect(409);
    expect(await entries(world)).toEqual(before);
  });

  it('has one entry of a request that is repeated with its Idempotency-Key', async () => {
    const world = await World.create(app);
    const request = () =>
      app
        .call('post', '/inboxes', world.admin)
        .send({ name: 'Again' })
        .set('Idempotency-Key', 'again')
        .expect(201);
    const { id } = (await request()).body as { id: string };
    await request();
    expect(await entries(world, `&subject=${id}`)).toHaveLength(1);
  });
});

it('an entry can be written and read, and not be changed or deleted', async () => {
  const rights = await app.database.rows<{ right: string }>(`
    select privilege_type as right from information_schema.role_table_grants
    where table_name = 'audit_events' and grantee = 'inbox_app' order by 1`);
  expect(rights.map(({ right }) => right)).toEqual(['INSERT', 'SELECT']);
});
