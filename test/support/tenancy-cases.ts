import { TestApplication, type Headers } from './application.js';
import { digestOf, fillTenant, type FullTenant } from './full-tenant.js';
import { nameOf, ROUTES, type Route } from './openapi.js';
import { textOf } from './stream-reader.js';
import { messageOfMine, STOLEN } from './tenancy-bodies.js';
import { callersOf, idFor, secretsOf } from './tenancy-parts.js';
import { STREAM, streamCases } from './tenancy-streams.js';
import { World } from './world.js';

let app: TestApplication;
let mine: FullTenant;
let foreign: FullTenant;
let before: string;

/**
 * Declares case 16: calls every route with every id of another tenant. Each response must be 404 or an empty list, must
 * contain nothing of the other tenant, and must change none of its rows.
 * @param prepare changes the service and its database after both tenants are in it
 */
export function tenancyCases(prepare: (app: TestApplication) => Promise<unknown>): void {
  beforeAll(async () => {
    app = await TestApplication.start();
    mine = await fillTenant(await World.create(app), 'mine');
    foreign = await fillTenant(await World.create(app), 'foreign');
    await prepare(app);
    before = await digestOf(foreign.world);
  });
  afterEach(async () => {
    expect(await digestOf(foreign.world)).toBe(before);
  });
  afterAll(() => app.stop());

  describe('an id of another tenant in the path', idsInPaths);
  describe('an id of another tenant in the query', idsInQueries);
  describe('an id of another tenant in the body', idsInBodies);
  describe('lists', lists);
  describe('streams', () => streamCases(() => ({ app, mine, foreign })));
}

async function send(route: Route, path: string, headers: Headers, body?: unknown) {
  const response = await fetch(`${app.url}${path}`, {
    method: route.method.toUpperCase(),
    headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await textOf(response);
  const isJson = !(response.headers.get('content-type') ?? '').startsWith('text/');
  // A response may repeat values of the request.
  const said = `${decodeURIComponent(path)} ${JSON.stringify(body)}`;
  const leaked = secretsOf(foreign).filter((secret) => text.includes(secret) && !said.includes(secret));
  return { status: response.status, body: isJson ? (JSON.parse(text || 'null') as unknown) : text, leaked };
}

const named = (name: string) => ROUTES.find((route) => nameOf(route) === name)!;
const withIds = ROUTES.filter(({ path }) => path.includes('{'));

function idsInPaths(): void {
  /** The smallest valid body of each route. */
  const bodies: Record<string, () => unknown> = {
    'PUT /operators/{id}/status': () => ({ status: 'OFFLINE' }),
    'PATCH /operators/{id}': () => ({ name: 'Taken over', isActive: false }),
    'PATCH /inboxes/{id}': () => ({ name: 'Taken over', isActive: false }),
    'POST /inboxes/{id}/operators': () => ({ operatorId: mine.manager.id }),
    'PUT /inboxes/{id}/operators': () => [],
    'POST /inboxes/{id}/labels': () => ({ name: 'Taken over' }),
    'PUT /conversations/{id}/boost': () => ({ minutes: 60 }),
    'PATCH /leads/{id}': () => ({ name: 'Taken over' }),
    'POST /leads/{id}/merge': () => ({ intoLeadId: mine.otherLeadId }),
    'PATCH /labels/{id}': () => ({ name: 'Taken over' }),
    'PATCH /webhooks/{id}': () => ({ enabled: false }),
  };

  // An externalId belongs to its tenant: test/operator-put.spec.ts.
  const ofOurs = withIds.filter((route) => nameOf(route) !== 'PUT /operators/{id}');

  it.each(ofOurs.map((route) => [nameOf(route), route] as const))('%s is 404', async (name, route) => {
    for (const [right, headers] of callersOf(route, mine)) {
      // Each foreign id alone beside own ids, then all foreign ids together.
      const parameters = route.operation.parameters.filter((p) => p.in === 'path').map((p) => p.name);
      for (const stolen of [...parameters.map((parameter) => [parameter]), parameters]) {
        const path = route.path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) =>
          idFor(route.path, parameter, stolen.includes(parameter) ? foreign : mine),
        );
        const response = await send(route, path, headers, bodies[name]?.());
        // An OPERATOR gets the same 403 for every other operator, existing or not.
        const ownOnly = right === 'OPERATOR' && route.path.includes('/operators/{id}');
        expect({ right, path, ...response }).toMatchObject({ status: ownOnly ? 403 : 404, leaked: [] });
      }
    }
  });

  it('and the same call with an own id succeeds', async () => {
    for (const route of withIds.filter(({ method }) => method === 'get')) {
      const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => idFor(route.path, name, mine));
      for (const [right, headers] of callersOf(route, mine)) {
        const status = path.endsWith('/receivers') && right !== 'OPERATOR' ? 403 : 200;
        expect({ right, path, ...(await send(route, path, headers)) }).toMatchObject({ status, leaked: [] });
      }
    }
  });
}

function idsInQueries(): void {
  const values: Record<string, () => string> = {
    inboxId: () => foreign.inbox.id,
    subject: () => foreign.inbox.id,
    actor: () => foreign.manager.id,
    assignedOperatorId: () => foreign.operator.id,
    lastOperatorId: () => foreign.operator.id,
    customerPhoneNumber: () => foreign.customerPhone,
    phoneNumber: () => foreign.customerPhone,
    q: () => foreign.word,
    labelId: () => foreign.labelId,
    labelName: () => `${foreign.word} label`,
    leadId: () => foreign.leadId,
    externalConversationId: () => foreign.held.externalConversationId,
    phone: () => foreign.customerPhone,
    email: () => foreign.leadEmail,
    externalId: () => `${foreign.word}-lead`,
  };
  const harmless = [
    'presence limit cursor state sort from to type after status strict include includeInactive kind action count outcome',
    'createdFrom createdTo lastMessageFrom lastMessageTo resolvedFrom resolvedTo waitingSinceTo',
  ].flatMap((names) => names.split(' '));
  const filters = ROUTES.filter((route) => nameOf(route) !== STREAM).flatMap((route) =>
    route.operation.parameters
      .filter((parameter) => parameter.in === 'query' && !harmless.includes(parameter.name))
      .map(({ name }) => [`${nameOf(route)}?${name}`, route, name] as const),
  );

  it('is tested with every filter', () => {
    expect(new Set(filters.map(([, , name]) => name))).toEqual(new Set(Object.keys(values)));
  });

  it.each(filters)('%s finds nothing', async (_name, route, filter) => {
    const query = new URLSearchParams({ [filter]: values[filter]!() }).toString();
    for (const [right, headers] of callersOf(route, mine)) {
      const isSorted = route.operation.parameters.some((parameter) => parameter.name === 'sort');
      const sorts = ['', '&sort=oldest', ...(filter === 'lastOperatorId' ? [] : ['&sort=priority'])];
      for (const sort of isSorted ? sorts : ['']) {
        const response = await send(route, `${route.path}?${query}${sort}`, headers);
        // An export has its header only.
        const body = route.path.endsWith('/export') ? expect.stringMatching(/^id,.*\r\n$/) : { data: [] };
        expect({ right, ...response }).toMatchObject({ status: 200, body, leaked: [] });
        expect(response).not.toMatchObject({ body: { hasMore: true } });
      }
    }
  });
}

function idsInBodies(): void {
  it.each(STOLEN)('%s is 404', async (name, bodyOf) => {
    const own = await digestOf(mine.world);
    for (const [right, headers] of callersOf(named(name), mine)) {
      const { path: template } = named(name);
      const path = template.replaceAll(/\{(\w+)\}/g, (_, parameter: string) =>
        idFor(template, parameter, mine),
      );
      expect({ right, ...(await send(named(name), path, headers, bodyOf(mine, foreign))) }).toMatchObject({
        status: 404,
        leaked: [],
      });
    }
    expect(await digestOf(mine.world)).toBe(own);
  });

  it('finds no lead', async () => {
    const route = named('POST /leads/search');
    const queries = [
      { phone: foreign.customerPhone },
      { email: foreign.leadEmail },
      { externalId: `${foreign.word}-lead`, include: 'conversations' },
    ];
    for (const [right, headers] of callersOf(route, mine)) {
      for (const query of queries) {
        const response = await send(route, route.path, headers, query);
        expect({ right, ...response }).toMatchObject({ status: 200, body: { data: [] }, leaked: [] });
      }
    }
  });

  it('is refused in a batch too, beside a valid message', async () => {
    const messages = [
      { inboxId: foreign.inbox.id },
      { inboxPhoneNumber: foreign.inboxPhone },
      { inboxId: mine.inbox.id },
    ];
    const response = await send(
      named('POST /orchestrator/messages/batch'),
      '/api/v1/orchestrator/messages/batch',
      mine.world.orchestrator,
      {
        messages: messages.map((inbox, i) =>
          messageOfMine({ ...inbox, externalConversationId: `mine-batch-${i}` }),
        ),
      },
    );
    expect(response).toMatchObject({
      body: { results: [{ status: 404 }, { status: 404 }, { status: 201 }] },
      leaked: [],
    });
  });

  it('is refused among threads too, beside one of the tenant', async () => {
    const { externalConversationId } = foreign.waiting;
    const items = [
      { externalConversationId, inboxId: foreign.inbox.id },
      { externalConversationId, inboxPhoneNumber: foreign.inboxPhone },
      { externalConversationId, inboxId: mine.inbox.id },
      { externalConversationId: mine.waiting.externalConversationId, inboxId: mine.inbox.id },
    ];
    const route = named('POST /orchestrator/outlook');
    const response = await send(route, route.path, mine.world.orchestrator, { items });
    expect(response).toMatchObject({
      body: { results: [{ status: 404 }, { status: 404 }, { status: 404 }, { status: 200 }] },
      leaked: [],
    });
  });

  it('may have the same names as another tenant', async () => {
    const third = await World.create(app);
    const inbox = await third.inbox();
    const thread = {
      externalConversationId: foreign.waiting.externalConversationId,
      inboxId: inbox.id,
      customerPhoneNumber: foreign.customerPhone,
      messageId: `${foreign.word}-message`,
      lead: { externalId: `${foreign.word}-lead` },
    };
    const response = await send(
      named('POST /orchestrator/messages'),
      '/api/v1/orchestrator/messages',
      third.orchestrator,
      thread,
    );
    expect(response).toMatchObject({
      status: 201,
      body: { created: true, conversation: { messageCount: 1 } },
      leaked: [],
    });
    const twin = { name: 'Twin', phoneNumber: foreign.inboxPhone };
    expect(await send(named('POST /inboxes'), '/api/v1/inboxes', third.admin, twin)).toMatchObject({
      status: 201,
      leaked: [],
    });
  });

  const withBody = ROUTES.filter(({ operation }) => operation.requestBody !== undefined);

  it.each(withBody.map((route) => [nameOf(route), route] as const))(
    'as tenantId is refused: %s',
    async (_name, route) => {
      const media = route.operation.requestBody!.content['application/json']!;
      const shown = media.example ?? Object.values(media.examples ?? {})[0]!.value;
      const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => idFor(route.path, name, mine));
      for (const field of ['tenantId', 'tenant_id']) {
        const extra = (item: unknown) => ({ ...(item as object), [field]: foreign.world.tenantId });
        const body = Array.isArray(shown) ? shown.map(extra) : extra(shown);
        for (const [right, headers] of callersOf(route, mine)) {
          const response = await send(route, path, headers, body);
          const refusal = { status: 400, body: { code: 'VALIDATION_FAILED' }, leaked: [] };
          expect({ right, ...response }).toMatchObject(refusal);
        }
      }
    },
  );
}

function lists(): void {
  const all = ROUTES.filter(
    ({ method, path }) => method === 'get' && !path.includes('{') && path.startsWith('/api/'),
  );

  it.each(all.map((route) => [nameOf(route), route] as const))(
    '%s shows nothing of another tenant',
    async (_name, route) => {
      for (const [right, headers] of callersOf(route, mine)) {
        const query = route.path.endsWith('search')
          ? `?phoneNumber=${encodeURIComponent(mine.customerPhone)}`
          : '';
        const response = await send(route, `${route.path}${query}`, headers);
        expect({ right, ...response }).toMatchObject({ status: 200, leaked: [] });
      }
    },
  );

  it('refuse a cursor of another tenant', async () => {
    const cursorOf = async (full: FullTenant) => {
      const { body } = await app.call('get', '/conversations?limit=1', full.world.admin).expect(200);
      return (body as { nextCursor: string }).nextCursor;
    };
    const list = (cursor: string) =>
      app.call('get', `/conversations?limit=1&cursor=${cursor}`, mine.world.admin);
    await list(await cursorOf(mine)).expect(200);
    const { body } = await list(await cursorOf(foreign)).expect(400);
    expect(body).toMatchObject({ code: 'INVALID_CURSOR' });
  });
}
