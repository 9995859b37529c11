import { randomUUID } from 'node:crypto';
import { RIGHTS, type OperatorScope, type Reach, type Scope } from '../src/access/rights.js';
import { KEY_SCOPES } from '../src/access/key-scopes.js';
import { mayCall } from '../src/access/routes.js';
import { TestApplication, type Headers } from './support/application.js';
import { exampleCall } from './support/example-call.js';
import { nameOf, ROUTES, type Route } from './support/openapi.js';
import { PLATFORM_KEY } from './support/settings.js';
import { THINGS, thingsFor, type Ids, type Thing } from './support/things.js';
import { World, type Person } from './support/world.js';

const CALLERS = ['OPERATOR', 'MANAGER', 'ADMIN', 'SERVICE', 'PLATFORM', 'nobody'] as const;
type CallerName = (typeof CALLERS)[number];
const NAMED = ROUTES.map((route) => [nameOf(route), route] as const);

/** The rights table of the API, written a second time, so that no cell changes by accident. */
const BY_HAND: Record<string, [operator: string, manager: string, admin: string, service: string]> = {
  'see conversations': ['subscribed inboxes and their own', 'any', 'any', 'any'],
  'export conversations': ['–', 'any', 'any', 'any'],
  'allocate, claim': ['each for themselves', 'each for themselves', 'each for themselves', '–'],
  resolve: ['their own', 'any', 'any', 'any'],
  'accept, park, unpark': ['their own', 'their own', 'their own', '–'],
  'release, transfer': ['their own', 'their own', 'their own', '–'],
  'deallocate, reassign, move': ['–', 'any', 'any', 'any'],
  'run and cancel bulks': ['–', 'any', 'any', 'any'],
  'see bulks': ['–', 'any', 'any', 'any'],
  'see the board, see and expire deadlines': ['–', 'any', 'any', '–'],
  boost: ['–', 'any', 'any', 'any'],
  'change and merge leads': ['–', 'any', 'any', 'any'],
  'erase leads': ['–', '–', 'any', 'any'],
  'attach, detach labels': ['conversations they hold', 'any', 'any', 'any'],
  'define labels, inboxes, operators, settings, API keys, webhooks': ['–', '–', 'any', '–'],
  'subscriptions, availability, statistics': ['only their own', 'any', 'any', 'read'],
  'ingest messages': ['–', '–', '–', 'any'],
  'tell customers how long they will wait': ['–', '–', '–', 'any'],
  // What its routes say beside it.
  'look at inboxes and their labels': ['subscribed inboxes', 'any', 'any', 'any'],
  'look at the tenant': ['any', 'any', 'any', 'any'],
  'create and list tenants': ['–', '–', '–', '–'],
};

/** Whether a scope of the code is what a cell written by hand says of the route. */
function fits(cell: string, scope: Scope | '–', route: string): boolean {
  switch (cell) {
    case 'only their own':
      return ['–', 'themselves', 'their own subscription'].includes(scope);
    case 'read':
      return scope === (route.startsWith('GET ') ? 'any' : '–');
    default:
      return scope === cell;
  }
}

/**
 * The outcome of a request about each of the THINGS, in their order. A call that names none is allowed all the same, and
 * only what is 2xx here is in its response.
 */
const OUTCOMES: Record<OperatorScope | '–', readonly ('2xx' | number)[]> = {
  any: ['2xx', '2xx', '2xx', '2xx'],
  'subscribed inboxes and their own': ['2xx', 404, '2xx', '2xx'],
  // Who holds a conversation sees its inbox, with their subscription or without.
  'subscribed inboxes': ['2xx', 404, '2xx', '2xx'],
  'their own subscription': ['2xx', 404, '2xx', '2xx'],
  'conversations they hold': [403, 404, '2xx', 403],
  'their own': [409, 404, '2xx', 403],
  themselves: ['2xx', 403, '2xx', 403],
  'each for themselves': ['2xx', 404, 403, 409],
  '–': [403, 403, 403, 403],
};

/** What the routes return that name no thing. */
const LISTED: Record<string, keyof Ids | null> = {
  'GET /conversations': 'conversation',
  'GET /conversations/export': 'conversation',
  'GET /conversations/search': 'conversation',
  'POST /conversations/search': 'conversation',
  'GET /allocation/queue': 'conversation',
  'POST /allocation/allocate': 'conversation',
  'POST /allocation/bulk': null,
  'GET /leads': 'lead',
  'POST /leads/search': 'lead',
  'GET /api-keys': null,
  'GET /audit-events': null,
  'GET /webhooks': null,
  'GET /events': 'conversation',
  'GET /events/stream': null,
  'POST /events/tickets': null,
  'GET /inboxes': 'inbox',
  'GET /operators': 'operator',
  'GET /stats/queue': 'inbox',
  'GET /stats/distribution': null,
  'GET /stats/waits': 'inbox',
  'GET /stats/operators': 'operator',
  'GET /board': null,
  'GET /stats/outlook': null,
  'GET /grace-periods': null,
  'GET /deadlines': null,
  'GET /me': null,
  'GET /tenant': null,
};

/** What no OPERATOR has to do with, such as webhooks and bulks: there is no own one and no other's. */
const OF_ADMINISTRATORS = /\/(api-keys|webhooks|bulk)\/\{/;

/** By an `externalId`: one that nobody has is created. */
const UPSERT = 'PUT /operators/{id}';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

/** One of each in a tenant of their own. */
async function everybody() {
  const world = await World.create(app);
  const operator = await world.operator();
  const callers: Record<CallerName, Headers> = {
    OPERATOR: operator.headers,
    MANAGER: (await world.operator({ role: 'MANAGER' })).headers,
    ADMIN: (await world.operator({ role: 'ADMIN' })).headers,
    SERVICE: await world.service(KEY_SCOPES),
    PLATFORM: { Authorization: `Bearer ${PLATFORM_KEY}` },
    nobody: {},
  };
  return { world, operator, callers };
}

function scopeOf(name: string, right: keyof Reach): Scope | '–' {
  const may = mayCall(name);
  return may === 'everybody' ? 'any' : (may[right] ?? '–');
}

describe('case 19: role × route matrix', () => {
  let operator: Person;
  let callers: Record<CallerName, Headers>;
  beforeAll(async () => {
    ({ operator, callers } = await everybody());
  });

  it('agrees with the table of rights in every cell', () => {
    const wrong = RIGHTS.filter(({ may }) => may !== 'everybody').flatMap(({ what, routes }) =>
      routes.flatMap((route) => {
        const cells = BY_HAND[what] ?? [];
        const scopes = (['OPERATOR', 'MANAGER', 'ADMIN', 'SERVICE'] as const).map((r) => scopeOf(route, r));
        return scopes.filter((scope, i) => !fits(cells[i] ?? '', scope, route)).map(() => [what, route]);
      }),
    );
    expect(wrong).toEqual([]);
    expect(Object.keys(BY_HAND).filter((what) => !RIGHTS.some((row) => row.what === what))).toEqual([]);
    expect(RIGHTS.flatMap(({ routes }) => routes).sort()).toEqual(ROUTES.map(nameOf).sort());
    const platform = RIGHTS.filter(({ may }) => may !== 'everybody' && may.PLATFORM !== undefined);
    expect(new Set(platform.map(({ what }) => what))).toEqual(new Set(['create and list tenants']));
    const open = RIGHTS.filter(({ may }) => may === 'everybody').flatMap(({ routes }) => routes);
    expect(open).toEqual(['GET /health', 'GET /ready', 'GET /version', 'GET /metrics']);
  });

  describe.each(NAMED)('%s', (name, route) => {
    const open = mayCall(name) === 'everybody';
    const cells = CALLERS.map((caller) => {
      if (open) return [caller, '2xx'] as const;
      if (caller === 'nobody') return [caller, '401'] as const;
      if (scopeOf(name, caller) === '–') return [caller, '403'] as const;
      return [caller, asksForNobody(route, caller) ? '404' : '2xx'] as const;
    });

    it.each(cells)('%s: %s', async (caller, outcome) => {
      const idOf = () => (isAboutOneself(route, caller) ? operator.id : randomUUID());
      const { status } = await exampleCall(app, route, callers[caller], idOf);
      expect(status < 300 ? '2xx' : String(status)).toBe(outcome);
    });

    it('agrees with the document', () => {
      const allowed = cells.filter(([caller, cell]) => caller !== 'nobody' && !/40[13]/.test(cell));
      expect(route.operation['x-allowed'] ?? []).toEqual(open ? [] : allowed.map(([caller]) => caller));
    });
  });

  describe('has its scope', () => {
    let seen: Awaited<ReturnType<typeof everybody>>;
    let things: Record<Thing, Ids>;
    beforeAll(async () => {
      seen = await everybody();
      things = await thingsFor(seen.world, seen.operator, await seen.world.operator());
    });

    const ofOperators = NAMED.filter(([name]) => mayCall(name) !== 'everybody').map(
      ([name, route]) => [name, scopeOf(name, 'OPERATOR'), route] as const,
    );
    it.each(ofOperators)('OPERATOR %s: %s', async (name, scope, route) => {
      // Who looks, or is refused, changes nothing; the others get a world of their own.
      if (route.method === 'get' || scope === '–') {
        const found = await outcomes(name, route, seen.callers.OPERATOR, things);
        expect(found).toEqual(expected(name, scope, route));
      } else {
        const { world, operator: me } = await everybody();
        const theirs = await thingsFor(world, me, await world.operator());
        expect(await outcomes(name, route, me.headers, theirs)).toEqual(expected(name, scope, route));
      }
    });

    const ofOthers = (['MANAGER', 'ADMIN', 'SERVICE'] as const).flatMap((caller) =>
      NAMED.filter(([name]) => mayCall(name) !== 'everybody')
        .filter(([name, { method }]) => {
          const isAboutThings = !OF_ADMINISTRATORS.test(name);
          return method === 'get' && isAboutThings && scopeOf(name, caller) === 'any';
        })
        .map(([name, route]) => [caller, name, route] as const),
    );
    it.each(ofOthers)('%s %s: any', async (caller, name, route) => {
      expect(await outcomes(name, route, seen.callers[caller], things)).toEqual(expected(name, 'any', route));
    });
  });
});

function namesThing(route: Route): boolean {
  const { path, operation } = route;
  if (nameOf(route) === UPSERT) return false;
  return path.includes('{') || /"conversationId"/.test(JSON.stringify(operation.requestBody ?? {}));
}

/** An OPERATOR asks about themselves, everybody else about nobody there is. */
function isAboutOneself({ path }: Route, caller: CallerName): boolean {
  return caller === 'OPERATOR' && path.includes('/operators/{id}');
}

function asksForNobody(route: Route, caller: CallerName): boolean {
  if (isAboutOneself(route, caller)) return false;
  return namesThing(route) || /^POST \/orchestrator\/(messages|replies)$/.test(nameOf(route));
}

const HELD_ELSEWHERE = /held by them, in an unsubscribed/;

type Found = Record<string, number | '2xx' | 'shown' | 'not shown' | 'not asked'>;

function expected(name: string, scope: OperatorScope | '–', route: Route): Found {
  const found: Found = {};
  THINGS.forEach((thing, i) => {
    // What is held has no place in a queue.
    const isHeld = name === 'GET /conversations/{id}/outlook' && thing.includes('held');
    const outcome = isHeld && OUTCOMES[scope][i] === '2xx' ? 409 : OUTCOMES[scope][i]!;
    if (scope === '–' || namesThing(route)) found[thing] = outcome;
    else if (LISTED[name] === null) found[thing] = 'not asked';
    // The list of inboxes has those to take from; the inbox of what they hold elsewhere is found by its id.
    else if (name === 'GET /inboxes' && scope !== 'any' && HELD_ELSEWHERE.test(thing))
      found[thing] = 'not shown';
    else found[thing] = outcome === '2xx' ? 'shown' : 'not shown';
  });
  return found;
}

/** What comes back for each thing: a status where the call names it, else whether the response shows it. */
async function outcomes(name: string, route: Route, headers: Headers, things: Record<Thing, Ids>) {
  const found: Found = {};
  for (const thing of THINGS) {
    const ids = things[thing];
    const { status, text } = await exampleCall(app, route, headers, (parameter, resource) =>
      idIn(ids, parameter === 'id' ? resource : parameter),
    );
    const listed = LISTED[name];
    if (status >= 300 || namesThing(route)) found[thing] = status < 300 ? '2xx' : status;
    else if (listed === undefined) throw new Error(`say in LISTED what ${name} responds`);
    else found[thing] = listed === null ? 'not asked' : text.includes(ids[listed]) ? 'shown' : 'not shown';
  }
  return found;
}

/** @param name a resource such as `operators`, or a parameter or field such as `operatorId` */
function idIn(ids: Ids, name: string): string {
  const kind = (Object.keys(ids) as (keyof Ids)[]).find((each) => name.startsWith(each));
  // What no OPERATOR has to do with, such as an API key, is one that nobody knows.
  return kind === undefined ? randomUUID() : ids[kind];
}
