import fc from 'fast-check';
import { v7 as uuid } from 'uuid';
import { decodeCursor, type PositionKind } from '../src/http/cursor.js';
import { Problem } from '../src/http/problem.js';
import { TestApplication, type Headers } from './support/application.js';
import { forged } from './support/forged.js';
import { fillTenant, type FullTenant } from './support/full-tenant.js';
import { nameOf, ROUTES } from './support/openapi.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World } from './support/world.js';

let app: TestApplication;
let tenant: FullTenant;
beforeAll(async () => {
  app = await TestApplication.start();
  tenant = await fillTenant(await World.create(app), 'forged');
});
afterAll(() => app.stop());

const LATEST_POSITION = (2n ** 63n - 1n).toString();

/** What a place of each kind may hold, and what it never does. */
const PLACES: Record<PositionKind, { taken: unknown[]; refused: unknown[] }> = {
  time: {
    taken: [
      '2026-01-31 09:30:00+00',
      '2026-01-31 09:30:00.123456+05:30',
      '2024-02-29 23:59:59.9-15:59',
      '0001-01-01 00:00:00+00',
      '9999-12-31 23:59:59.999999+00',
    ],
    refused: [
      '0000-01-01 00:00:00+00',
      '2026-01-31 09:30:00+16:00',
      '2026-01-31 09:30:00-23:59',
      '2026-01-31 09:30:00+00:60',
      '2026-02-30 09:30:00+00',
      '2025-02-29 09:30:00+00',
      '2026-13-01 09:30:00+00',
      '2026-01-00 09:30:00+00',
      '2026-01-31 25:00:00+00',
      '2026-01-31 09:60:00+00',
      '2026-01-31 09:30:61+00',
      '294277-01-01 00:00:00+00',
      '2026-01-31 09:30:00.1234567+00',
      '2026-01-31 09:30:00',
      '2026-01-31T09:30:00Z',
      '2026-01-31 09:30:00+00 BC',
      '2026-01-31 09:30:00+00\n',
      '2026-01-31 09:30:00+00\0',
      '٢٠٢٦-01-31 09:30:00+00',
      'infinity',
      '-infinity',
      'now',
      '',
      1767225600000,
      null,
    ],
  },
  number: { taken: [0, -1.5, 1e308, -1e308, 5e-324], refused: ['1', 'NaN', null, true, [1], { value: 1 }] },
  id: {
    taken: ['00000000-0000-0000-0000-000000000000', uuid(), 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
    refused: ['x', '', `${uuid()}\n`, `{${uuid()}}`, uuid().replaceAll('-', ''), `${uuid()}\0`, 7, null],
  },
  text: {
    taken: ['', 'VIP', '😀', "'; --", 'x'.repeat(255)],
    refused: ['nul\0', '\0', 'half \ud83d', '\ude00', 7, null, ['VIP']],
  },
  position: {
    taken: ['0', '1', LATEST_POSITION],
    refused: ['-1', '9223372036854775808', '9'.repeat(40), '1.5', '1e3', '٣', '', ' 1', '0x1', 1, null],
  },
};

/** Nothing that a position is. */
const NO_POSITIONS = ['', '{', '[', 'null', '{}', '"x"', '[]', '[[]]', '[1e400]', '\0', '['.repeat(1_000)];

/** A list that goes on behind a cursor. */
interface List {
  route: string;
  /** Where the cursor goes; `cursor` of the query if not said. */
  at?: 'cursor' | 'after' | 'Last-Event-ID';
  path?: string;
  scope: unknown[];
  kinds: PositionKind[];
  caller?: Headers;
}

const TIME_AND_ID: PositionKind[] = ['time', 'id'];
const RANK: PositionKind[] = ['time', 'number', 'time', 'id'];

function lists(): List[] {
  const { world, inbox, operator, webhookId, customerPhone } = tenant;
  const { tenantId } = world;
  const ofTenant = (name: string) => [name, tenantId];
  const conversations = (sort: string, filters = {}) => [sort, tenantId, null, filters];
  const events = ['events', tenantId, null, null, null];
  const search = `/conversations/search?phoneNumber=${encodeURIComponent(customerPhone)}`;
  return [
    { route: 'GET /conversations', scope: conversations('newest'), kinds: TIME_AND_ID },
    {
      route: 'GET /conversations',
      path: '/conversations?sort=oldest',
      scope: conversations('oldest'),
      kinds: TIME_AND_ID,
    },
    {
      route: 'GET /conversations',
      path: '/conversations?sort=priority',
      scope: ['priority', tenantId, null, {}],
      kinds: RANK,
    },
    {
      route: 'GET /conversations/search',
      path: search,
      scope: conversations('newest', { customerPhoneNumber: customerPhone }),
      kinds: TIME_AND_ID,
    },
    {
      route: 'GET /conversations/search',
      path: '/conversations/search?q=thread',
      scope: ['search', tenantId, null, 'thread'],
      kinds: TIME_AND_ID,
    },
    {
      route: 'GET /allocation/queue',
      scope: ['queue', tenantId, operator.id],
      kinds: RANK,
      caller: operator.headers,
    },
    { route: 'GET /grace-periods', scope: ofTenant('grace-periods'), kinds: TIME_AND_ID },
    {
      route: 'GET /audit-events',
      scope: ['audit-events', tenantId, undefined, undefined, undefined, '-infinity', 'infinity'],
      kinds: TIME_AND_ID,
    },
    {
      route: 'GET /deadlines',
      scope: ['deadlines', tenantId, undefined],
      kinds: [...TIME_AND_ID, 'text'],
    },
    { route: 'GET /leads', scope: ['leads', tenantId, null, {}], kinds: ['id'] },
    { route: 'GET /operators', scope: ofTenant('operators'), kinds: ['id'] },
    { route: 'GET /inboxes', scope: ['inboxes', tenantId, null, false], kinds: ['id'] },
    {
      route: 'GET /inboxes/{id}/operators',
      path: `/inboxes/${inbox.id}/operators`,
      scope: ['subscriptions', tenantId, inbox.id, null],
      kinds: ['id'],
    },
    {
      route: 'GET /inboxes/{id}/labels',
      path: `/inboxes/${inbox.id}/labels`,
      scope: ['labels', tenantId, inbox.id],
      kinds: ['text', 'id'],
    },
    { route: 'GET /api-keys', scope: ofTenant('api-keys'), kinds: ['id'] },
    { route: 'GET /webhooks', scope: ofTenant('webhooks'), kinds: ['id'] },
    {
      route: 'GET /webhooks/{id}/deliveries',
      path: `/webhooks/${webhookId}/deliveries`,
      scope: ['webhook-deliveries', tenantId, webhookId, null],
      kinds: ['id'],
    },
    {
      route: 'GET /tenants',
      scope: ['tenants'],
      kinds: TIME_AND_ID,
      caller: { Authorization: `Bearer ${PLATFORM_KEY}` },
    },
    { route: 'GET /events', at: 'after', scope: events, kinds: ['position'] },
    { route: 'GET /events/stream', at: 'after', scope: events, kinds: ['position'] },
    { route: 'GET /events/stream', at: 'Last-Event-ID', scope: events, kinds: ['position'] },
  ];
}

interface Outcome {
  status: number;
  code?: string;
}

/** Goes on behind the payload. Of a stream only the head is asked for: it would not end. */
async function goOn({ route, at = 'cursor', path, scope, caller }: List, payload: string): Promise<Outcome> {
  const cursor = forged(scope, payload);
  const url = new URL(`${app.url}/api/v1${path ?? route.replace('GET ', '')}`);
  const headers = { ...(caller ?? tenant.world.admin) };
  if (at === 'Last-Event-ID') headers[at] = cursor;
  else url.searchParams.set(at, cursor);
  const head = await fetch(url, { method: 'HEAD', headers });
  if (head.ok || route === 'GET /events/stream') return { status: head.status };
  const { status, code } = (await (await fetch(url, { headers })).json()) as Required<Outcome>;
  return { status, code };
}

/** Positions that differ from a good one in one place. */
function positions({ kinds }: List, which: 'taken' | 'refused'): unknown[][] {
  const good = kinds.map((kind) => PLACES[kind].taken[0]);
  return kinds.flatMap((kind, place) => PLACES[kind][which].map((value) => good.with(place, value)));
}

/** The many lists by time and id share the payloads: each gets one of three, and all get all of them several times. */
const SHARED = 3;

/** What else than 400 INVALID_CURSOR, or else than 200, comes of the payloads. */
async function surprises(payloadsOf: (list: List) => string[], expected: number): Promise<object[]> {
  const found: object[] = [];
  for (const [turn, list] of lists().entries()) {
    const isMine = (i: number) => list.kinds !== TIME_AND_ID || i % SHARED === turn % SHARED;
    for (const payload of payloadsOf(list).filter((_, i) => isMine(i))) {
      const { status, code = 'INVALID_CURSOR' } = await goOn(list, payload);
      if (status !== expected || code !== 'INVALID_CURSOR') {
        found.push({ list: `${list.route} ${list.at ?? 'cursor'}`, payload, status, code });
      }
    }
  }
  return found;
}

const asPayloads = (all: unknown[][]) => all.map((position) => JSON.stringify(position));

describe('a forged cursor', () => {
  it('is tested on every list with cursors', () => {
    const takers = ROUTES.flatMap((route) =>
      route.operation.parameters
        .filter(({ name }) => ['cursor', 'after', 'Last-Event-ID'].includes(name))
        .map(({ name }) => `${nameOf(route)} ${name}`),
    );
    const tried = lists().map(({ route, at }) => `${route} ${at ?? 'cursor'}`);
    expect([...new Set(tried)].sort()).toEqual(takers.sort());
  });

  it('works with any valid position', async () => {
    expect(await surprises((list) => asPayloads(positions(list, 'taken')), 200)).toEqual([]);
  });

  it('is refused with an invalid position, in every part of it and on every list', async () => {
    const payloads = (list: List) => [...asPayloads(positions(list, 'refused')), ...NO_POSITIONS];
    expect(await surprises(payloads, 400)).toEqual([]);
  });
});

describe('a value in a cursor', () => {
  const SCOPE = ['list'];
  const isTaken = (kind: PositionKind, payload: string) => {
    try {
      decodeCursor(SCOPE, forged(SCOPE, payload), [kind]);
      return true;
    } catch (error) {
      if (error instanceof Problem && error.code === 'INVALID_CURSOR') return false;
      throw error;
    }
  };
  const TYPES = {
    time: 'timestamptz',
    number: 'double precision',
    id: 'uuid',
    text: 'text',
    position: 'bigint',
  };
  /** Like each kind, with digits and letters of which most are wrong. */
  const LIKE: Record<PositionKind, fc.Arbitrary<unknown>> = {
    time: fc.stringMatching(
      /^[0-3]\d{3}-[01]\d-[0-3]\d [0-2]\d:[0-6]\d:[0-6]\d(\.\d{1,7})?[+-][01]\d(:[0-6]\d)?$/,
    ),
    number: fc.double(),
    id: fc.oneof(fc.uuid(), fc.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)),
    text: fc.string({ unit: 'binary' }),
    position: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n }).map(String), fc.stringMatching(/^\d{18,20}$/)),
  };

  it.each(Object.keys(TYPES) as PositionKind[])('PostgreSQL understands: %s', async (kind) => {
    const position = `select $1::text::${TYPES[kind]}`;
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(LIKE[kind], async (value) => {
        const payload = JSON.stringify([value]);
        if (!isTaken(kind, payload)) return;
        taken++;
        await app.database.rows(position, [String((JSON.parse(payload) as unknown[])[0])]);
      }),
      { seed: 17, numRuns: 150 },
    );
    expect(taken).toBeGreaterThan(20);
  });

  it('must have the type of its column', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (payload) => {
        for (const kind of Object.keys(TYPES) as PositionKind[]) isTaken(kind, payload);
      }),
      { seed: 17, numRuns: 150 },
    );
  });
});
