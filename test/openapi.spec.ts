import { readFileSync } from 'node:fs';
import { PROBLEMS, type ProblemCode } from '../src/http/problem.js';
import { EVENT_TYPES } from '../src/ledger/event.js';
import { openApiDocument } from '../src/openapi-document.js';
import { TestApplication } from './support/application.js';
import { COMMITTED, mismatches, nameOf, ROUTES, wrongResponse, type Media } from './support/openapi.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World } from './support/world.js';

interface Versioned {
  info: { version: string };
}
const { version: VERSION } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

describe('openapi.json', () => {
  it('is what the code makes', () => {
    const made = withVersion(JSON.parse(JSON.stringify(openApiDocument(app.nest))) as Versioned);
    if (JSON.stringify(made) !== JSON.stringify(COMMITTED)) {
      console.error('openapi.json is out of date: run "pnpm run openapi:write" and commit it');
      expect(COMMITTED).toEqual(made);
      // The same things in another order.
      expect(JSON.stringify(COMMITTED, null, 2)).toBe(JSON.stringify(made, null, 2));
    }
  });

  it('is the response of /api-json', async () => {
    const response = await fetch(`${app.url}/api-json`);
    expect(withVersion((await response.json()) as Versioned)).toEqual(COMMITTED);
  });

  it('has the version of this package, however the service was started', async () => {
    expect(COMMITTED.info.version).toBe(VERSION);
    const response = await fetch(`${app.url}/version`);
    expect(await response.json()).toMatchObject({ version: VERSION });
  });

  it('uses every component', () => {
    const text = JSON.stringify(COMMITTED);
    const unused = Object.keys(COMMITTED.components.schemas).filter(
      (name) => !text.includes(`"#/components/schemas/${name}"`),
    );
    expect(unused).toEqual([]);
    const ids = ROUTES.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('names operations by verb and noun, and schemas like resources', () => {
    const verbs =
      /^(accept|allocate|attach|boost|cancel|claim|create|deallocate|delete|detach|erase|expire|explain|export|get|ingest|list|merge|move|park|reassign|redeliver|release|renew|replace|resolve|revoke|rotate|search|set|start|stream|transfer|unpark|update|upsert)[A-Z]/;
    expect(ROUTES.map(({ operation }) => operation.operationId).filter((id) => !verbs.test(id))).toEqual([]);
    const names = Object.keys(COMMITTED.components.schemas);
    expect(names).toEqual(
      expect.arrayContaining(['Conversation', 'ConversationPage', 'Inbox', 'CreateInbox']),
    );
    expect(names.filter((name) => /(Response|Answer|Dto)$/.test(name))).toEqual([]);
  });

  it('names every enumeration', () => {
    const enums = JSON.stringify(COMMITTED.paths).match(/"enum":\[[^\]]*\]/g) ?? [];
    expect(enums).toEqual([]);
    expect(Object.keys(COMMITTED.components.schemas)).toEqual(
      expect.arrayContaining([
        'Availability',
        'CountBasis',
        'Distribution',
        'EventType',
        'ProblemCode',
        'Role',
        'State',
        'WarningCode',
      ]),
    );
  });

  it('has each error once, and stays small', () => {
    const shown = JSON.stringify(COMMITTED).match(/"application\/problem\+json"/g) ?? [];
    expect(shown).toHaveLength(Object.keys(COMMITTED.components.responses).length);
    const inline = Object.values(COMMITTED.paths)
      .flatMap((item) => Object.values(item))
      .flatMap(({ responses }) => Object.entries(responses))
      .filter(([status, response]) => status >= '400' && !('$ref' in response));
    expect(inline).toEqual([]);
    expect(readFileSync('openapi.json').byteLength).toBeLessThan(700_000);
  });

  it('has no default in a body, which generated clients would send', () => {
    const bodies = ROUTES.map(({ operation }) => operation.requestBody).filter((body) => body !== undefined);
    const withDefault = bodies.flatMap((body) => defaultsIn(body));
    expect(withDefault).toEqual([]);
  });

  it('requires no field of an update', () => {
    const updates = ROUTES.filter(({ method }) => method === 'patch').map(({ operation }) =>
      schemaOf(operation.requestBody?.content['application/json']?.schema as SchemaPart),
    );
    expect(updates.length).toBeGreaterThan(4);
    expect(updates.filter(({ required }) => required !== undefined)).toEqual([]);
  });

  it('has discriminators: the type of events, the status of batch results', () => {
    const { Event: event, BatchItemResult: item } = COMMITTED.components.schemas as Record<
      string,
      SchemaPart
    >;
    expect(Object.keys(event?.discriminator?.mapping ?? {})).toEqual(EVENT_TYPES);
    const statuses = item?.oneOf?.map((part) => schemaOf(part).properties?.['status']?.enum);
    expect(statuses).toEqual([
      [201, 200],
      [400, 404],
    ]);
  });
});

describe.each(ROUTES.map((route) => [nameOf(route), route] as const))('%s', (_name, { operation, path }) => {
  it('has a summary, a known tag, its rights and its authentication', () => {
    expect(operation.summary).toMatch(/^[A-Z]/);
    expect(COMMITTED.tags.map(({ name }) => name)).toEqual(expect.arrayContaining(operation.tags ?? ['?']));
    expect(operation.tags).toHaveLength(1);
    expect(operation.security).toEqual(securityFor(operation['x-allowed'] ?? []));
    expect(operation['x-allowed'] === undefined).toBe(!path.startsWith('/api/v1/'));
  });

  it('has an example of the request and of every response, each valid by its schema', () => {
    const contents: [string, Record<string, Media> | undefined][] = [
      ['body', operation.requestBody?.content],
      ...Object.entries(operation.responses).map(([status, { content }]) => [status, content] as const),
    ].map(([where, content]) => [where as string, content as Record<string, Media> | undefined]);
    const media = contents.flatMap(([where, content]) =>
      Object.values(content ?? {}).map((each) => ({ where, ...each })),
    );
    const wrong = media.flatMap(({ where, schema, example, examples }) => {
      const shown = [
        ...(example === undefined ? [] : [example]),
        ...Object.values(examples ?? {}).map(valueOf),
      ];
      if (shown.length === 0) return [`${where} has no example`];
      return shown.flatMap((value) => mismatches(schema, value).map((what) => `${where} ${what}`));
    });
    expect(wrong).toEqual([]);
    expect(Object.keys(operation.responses).filter((status) => status < '300')).not.toEqual([]);
  });

  it('has the codes of every status', () => {
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      if (status < '400') continue;
      const codes = description.split(', ').map((text) => /^`([A-Z_]+)`/.exec(text)?.[1] ?? text);
      expect(codes.map((code) => PROBLEMS[code as ProblemCode][0])).toEqual(codes.map(() => Number(status)));
      expect(Object.keys(content?.['application/problem+json']?.examples ?? {})).toEqual(
        expect.arrayContaining(codes),
      );
    }
  });

  it('has an id of the demo data for every id in its path, but an externalId of a provider', () => {
    const ids = operation.parameters.filter((parameter) => parameter.in === 'path');
    expect(ids).toHaveLength(path.split('{').length - 1);
    for (const { schema, example } of ids) {
      const isOfProvider = operation.operationId === 'upsertOperator';
      expect(schema).toMatchObject({
        type: 'string',
        ...(isOfProvider ? { maxLength: 255 } : { format: 'uuid' }),
      });
      expect(example).toMatch(isOfProvider ? /^auth0\|/ : /^019c8f00-/);
    }
  });
});

describe('responses', () => {
  it('match the document, successes and problems', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox({ phoneNumber: '+4930901820' });
    const operator = await world.operator({ inboxes: [inbox], maxLoad: 2 });
    const waiting = await world.queued(inbox);
    const platform = { Authorization: `Bearer ${PLATFORM_KEY}` };
    const message = {
      externalConversationId: 'thread-1',
      inboxPhoneNumber: '+49 30 901820',
      customerPhoneNumber: '+49 (151) 12345678',
      lead: { externalId: 'crm-1', name: 'Carla' },
    };
    const calls: [name: string, status: number, headers: Record<string, string>, body?: object][] = [
      ['GET /me', 200, operator.headers],
      ['GET /me', 200, world.orchestrator],
      ['GET /tenant', 200, operator.headers],
      ['PATCH /tenant/settings', 200, world.admin, { maxDelayMinutes: null, defaultMaxLoad: 5 }],
      ['GET /tenants', 200, platform],
      ['POST /tenants', 201, platform, { name: 'Acme', admin: { name: 'Ada' } }],
      ['POST /tenants', 403, world.admin, { name: 'Acme', admin: { name: 'Ada' } }],
      ['POST /orchestrator/messages', 201, world.orchestrator, message],
      ['POST /orchestrator/messages', 200, world.orchestrator, message],
      ['POST /orchestrator/messages', 400, world.orchestrator, { text: 'Hello' }],
      [
        'POST /orchestrator/messages/batch',
        200,
        world.orchestrator,
        { messages: [message, { ...message, displayName: '\u0007' }, null] },
      ],
      ['GET /conversations', 200, world.admin],
      ['GET /leads', 200, world.admin],
      ['GET /leads/{id}', 404, world.admin],
      ['POST /leads/search', 200, world.admin, { externalId: 'crm-1', include: 'conversations' }],
      ['DELETE /leads/{id}', 404, world.admin],
      ['PATCH /leads/{id}', 404, world.admin, { name: 'Carla' }],
      ['POST /leads/{id}/merge', 404, world.admin, { intoLeadId: world.tenantId }],
      ['GET /allocation/queue', 200, operator.headers],
      ['POST /allocation/claim', 200, operator.headers, { conversationId: waiting.id }],
      ['POST /allocation/claim', 409, operator.headers, { conversationId: waiting.id }],
      ['GET /conversations/{id}', 200, operator.headers],
      ['GET /conversations/{id}/history', 200, operator.headers],
      ['POST /allocation/resolve', 200, operator.headers, { conversationId: waiting.id }],
      ['POST /allocation/resolve', 409, operator.headers, { conversationId: waiting.id }],
      ['POST /allocation/allocate', 200, operator.headers, {}],
      ['POST /allocation/allocate', 200, operator.headers, {}],
      ['GET /operators', 200, world.admin],
      ['POST /operators', 201, world.admin, { name: 'Ada', role: 'ADMIN', email: 'ada@x.example' }],
      ['POST /operators', 409, world.admin, { name: 'Eve', role: 'ADMIN', email: 'ADA@x.example' }],
      [
        'POST /operators/batch',
        200,
        world.admin,
        { operators: [{ name: 'Eve' }, { name: 'Eve', email: 'ADA@x.example' }, {}] },
      ],
      ['POST /inboxes/batch', 200, world.admin, { inboxes: [{ name: 'Returns' }, { name: 'Returns' }, {}] }],
      ['PUT /operators/{id}', 201, world.admin, { name: 'Eve' }],
      ['PUT /operators/{id}', 200, world.admin, { name: 'Eva' }],
      ['PUT /operators/{id}', 409, world.admin, { name: 'Eva', email: 'ADA@x.example' }],
      ['GET /operators/{id}', 404, world.admin],
      ['GET /inboxes', 401, {}],
      ['GET /inboxes', 200, world.admin],
      ['GET /inboxes/{id}/operators', 404, world.admin],
      ['GET /health', 200, {}],
      ['GET /ready', 200, {}],
      ['GET /version', 200, {}],
    ];
    for (const [name, status, headers, body] of calls) {
      const route = ROUTES.find((known) => nameOf(known) === name)!;
      const response = await fetch(`${app.url}${route.path.replace('{id}', waiting.id)}`, {
        method: route.method.toUpperCase(),
        headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const type = (response.headers.get('content-type') ?? '').split(';')[0]!;
      const wrong = wrongResponse(route, { status: response.status, type, body: await response.json() });
      expect({ name, status: response.status, wrong }).toEqual({ name, status, wrong: [] });
    }
  });
});

interface SchemaPart {
  $ref?: string;
  default?: unknown;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, SchemaPart>;
  oneOf?: SchemaPart[];
  discriminator?: { mapping: Record<string, string> };
}

function schemaOf(part: SchemaPart): SchemaPart {
  const name = part.$ref?.split('/').at(-1);
  return name === undefined ? part : (COMMITTED.components.schemas[name] as SchemaPart);
}

/** Every schema in the value, those it refers to included, that has a default. */
function defaultsIn(value: unknown, seen = new Set<unknown>()): unknown[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  const { $ref } = value as SchemaPart;
  return [
    ...('default' in value ? [value] : []),
    ...Object.values(value).flatMap((member) => defaultsIn(member, seen)),
    ...($ref === undefined ? [] : defaultsIn(schemaOf(value), seen)),
  ];
}

/** The version has a test of its own: what is compared here is all the rest. */
function withVersion(document: Versioned): Versioned {
  return { ...document, info: { ...document.info, version: VERSION } };
}

function valueOf({ value }: { value: unknown }): unknown {
  return value;
}

/** The principals of api.md and how each proves who it is. */
function securityFor(allowed: string[]): object[] {
  const people = allowed.some((right) => ['OPERATOR', 'MANAGER', 'ADMIN'].includes(right));
  return [
    ...(people ? [{ tenant: [], operator: [] }, { jwt: [] }] : []),
    ...(allowed.includes('SERVICE') ? [{ tenant: [], service: [] }, { apiKey: [] }] : []),
    ...(allowed.includes('PLATFORM') ? [{ platform: [] }] : []),
  ];
}
