import { get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { RequestsInFlight } from '../src/access/requests-in-flight.js';
import { COLUMNS, type ExportedConversation } from '../src/conversations/exported-conversation.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication, type Headers } from './support/application.js';
import { manyConversations } from './support/many-conversations.js';
import { invalid } from './support/refused.js';
import { until } from './support/until.js';
import { World, type Person } from './support/world.js';

const CSV = { Accept: 'text/csv' };
const NDJSON = { Accept: 'application/x-ndjson' };

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
let oscar: Person;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

async function text(query = '', headers: Headers = CSV): Promise<string> {
  const response = await fetch(`${app.url}/api/v1/conversations/export?${query}`, {
    headers: { ...world.admin, ...headers },
  });
  expect(response.status).toBe(200);
  return response.text();
}

async function objects(query = ''): Promise<ExportedConversation[]> {
  const lines = (await text(query, NDJSON)).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line) as ExportedConversation);
}

/** Reads CSV in the way of RFC 4180, without the code that wrote it. */
function cellsOf(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let match = cell.exec(csv); match !== null; match = cell.exec(csv)) {
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  expect(row).toEqual([]);
  return rows;
}

/** A message in a new thread. @returns the conversation */
async function thread(fields: object): Promise<string> {
  const { body } = await app
    .call('post', '/orchestrator/messages', world.orchestrator)
    .send({ inboxId: inbox.id, ...fields })
    .expect(201);
  return (body as { conversation: { id: string } }).conversation.id;
}

describe('GET /conversations/export', () => {
  beforeEach(async () => {
    world = await World.create(app);
    inbox = await world.inbox();
    oscar = await world.operator({ inboxes: [inbox] });
  });

  it('has a line for each conversation, with the fields of every other response', async () => {
    const queued = await world.queued(inbox, { minutesAgo: 10 });
    const held = await world.allocated(inbox, oscar, { minutesAgo: 5 });
    const resolved = await world.resolved(inbox, { minutesAgo: 3 });
    const exported = await objects();
    expect(exported.map(({ id }) => id)).toEqual([queued.id, held.id, resolved.id]);
    for (const [index, { id }] of [queued, held, resolved].entries()) {
      const { labels, ...conversation } = await world.conversation(id);
      const shown = Object.fromEntries(
        Object.entries(conversation).filter(([name]) => name in exported[index]!),
      );
      expect(exported[index]).toMatchObject({ ...shown, labels: labels.map(({ name }) => name) });
      expect(Object.keys(exported[index]!)).toEqual(COLUMNS);
    }
    const [first, second, third] = exported;
    expect(first).toMatchObject({ givenAt: null });
    expect(first!.waitedSeconds).toBeGreaterThanOrEqual(600);
    expect(second).toMatchObject({ assignedOperatorName: oscar.name });
    const waited = (Date.parse(second!.givenAt!) - Date.parse(second!.waitingSince)) / 1_000;
    expect(second!.waitedSeconds).toBeCloseTo(waited, 3);
    expect(third).toMatchObject({ givenAt: null });
    expect(third!.waitedSeconds).toBeCloseTo(
      (Date.parse(third!.resolvedAt!) - Date.parse(third!.waitingSince)) / 1_000,
      3,
    );
  });

  it('counts the wait of one that was reopened from the new message', async () => {
    const { id, externalConversationId } = await world.allocated(inbox, oscar, { minutesAgo: 60 });
    await world.resolve(id);
    await world.queued(inbox, { externalId: externalConversationId, minutesAgo: 0 });
    expect(await objects()).toMatchObject([{ state: 'QUEUED', givenAt: null }]);
    await world.claim(id, oscar);
    await world.deallocate(id);
    await world.claim(id, oscar);
    const [exported] = await objects();
    const { body } = await app.call('get', `/conversations/${id}/history`, world.admin).expect(200);
    const claims = (body as { data: { type: string; occurredAt: string }[] }).data.filter(
      ({ type }) => type === 'conversation.claimed',
    );
    expect(exported!.givenAt).toBe(claims[1]!.occurredAt);
    expect(exported!.waitedSeconds).toBeLessThan(60);
  });

  it('is CSV of RFC 4180 with a header, in which nothing is a formula', async () => {
    const texts = ['=1+1', '+49 30', '-2', '@SUM(A1)', 'a "quoted", name', '＝1', 'plain – ünïcode 🙂'];
    for (const displayName of texts) await thread({ displayName, subject: displayName });
    const id = await thread({ customerPhoneNumber: '+4915112345678' });
    await world.boost(id, -60);
    const [header, ...rows] = cellsOf(await text());
    expect(header).toEqual(COLUMNS);
    const column = (name: (typeof COLUMNS)[number]) => rows.map((row) => row[COLUMNS.indexOf(name)]!);
    expect(column('displayName').slice(0, -1)).toEqual(
      texts.map((name) => (/^[=+@＝-]/.test(name) ? `'${name}` : name)),
    );
    expect(column('customerPhoneNumber').at(-1)).toBe("'+4915112345678");
    // A number is no formula.
    expect(column('boostMinutes').at(-1)).toBe('-60');
    expect(column('givenAt')).toEqual(rows.map(() => ''));
    expect((await objects()).map(({ displayName }) => displayName)).toEqual([...texts, null]);
  });

  it('has the filters of the list', async () => {
    const other = await world.inbox();
    const queued = await world.queued(inbox);
    const held = await world.allocated(inbox, oscar, { phone: '+4915199999999' });
    const elsewhere = await world.queued(other);
    for (const [query, expected] of [
      ['state=QUEUED', [queued, elsewhere]],
      [`inboxId=${other.id}`, [elsewhere]],
      [`assignedOperatorId=${oscar.id}`, [held]],
      ['customerPhoneNumber=%2B4915199999999', [held]],
      [`externalConversationId=${queued.externalConversationId}`, [queued]],
      [`state=RESOLVED`, []],
    ] as const) {
      expect([query, (await objects(query)).map(({ id }) => id)]).toEqual([
        query,
        expected.map(({ id }) => id),
      ]);
    }
    const asked = (query: string) =>
      app.call('get', `/conversations/export?${query}`, { ...world.admin, ...CSV });
    await invalid(asked('limit=5'), 'limit');
    await invalid(asked('sort=newest'), 'sort');
  });

  it.each([
    ['text/csv', 'text/csv; charset=utf-8; header=present'],
    ['*/*', 'text/csv; charset=utf-8; header=present'],
    ['text/*', 'text/csv; charset=utf-8; header=present'],
    ['application/x-ndjson', 'application/x-ndjson; charset=utf-8'],
    ['text/csv;q=0.5, application/x-ndjson', 'application/x-ndjson; charset=utf-8'],
    ['*/*, text/csv;q=0', 'application/x-ndjson; charset=utf-8'],
    ['application/json', null],
    ['text/csv;q=0', null],
  ])('Accept: %s', async (accept, expected) => {
    const { status, body, headers } = await app.call('get', '/conversations/export', {
      ...world.admin,
      Accept: accept,
    });
    if (expected === null)
      expect({ status, body: body as unknown }).toMatchObject({
        status: 406,
        body: { code: 'NOT_ACCEPTABLE' },
      });
    else expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: expected });
  });

  it('is not for an OPERATOR, and HEAD has no lines', async () => {
    await app.call('get', '/conversations/export', { ...oscar.headers, ...CSV }).expect(403);
    const response = await fetch(`${app.url}/api/v1/conversations/export`, {
      method: 'HEAD',
      headers: { ...world.admin, ...CSV },
    });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="conversations.csv"');
  });
});

describe('a long export', () => {
  const COUNT = 15_000;
  beforeAll(async () => {
    world = await World.create(app);
    inbox = await world.inbox();
    await manyConversations(app, world, inbox.id, COUNT);
  });

  /** Reads the head of an export and nothing more. */
  async function begun(): Promise<IncomingMessage> {
    const request = get(`${app.url}/api/v1/conversations/export`, { headers: { ...world.admin, ...NDJSON } });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    return response;
  }

  it('has each conversation once while all of them change their place in the lists', async () => {
    const response = await begun();
    await app.database.rows(
      `update conversations set last_message_at = now() - random() * interval '100 days' where tenant_id = $1`,
      [world.tenantId],
    );
    await world.queued(inbox);
    let received = '';
    for await (const chunk of response.setEncoding('utf8')) received += chunk as string;
    const ids = received
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id);
    expect([ids.length, new Set(ids).size]).toEqual([COUNT, COUNT]);
  });

  it('finds the few that a filter leaves', async () => {
    const held = await world.allocated(inbox, await world.operator({ inboxes: [inbox] }));
    expect((await objects('state=ALLOCATED')).map(({ id }) => id)).toEqual([held.id]);
    expect((await objects('externalConversationId=many-14000')).length).toBe(1);
  });

  it('counts as a request in flight, and ends within a second after its client has left', async () => {
    const inFlight = app.nest.get(RequestsInFlight);
    const response = await begun();
    expect(inFlight.count(world.tenantId)).toBe(1);
    const left = performance.now();
    response.destroy();
    await until(() => inFlight.count(world.tenantId) === 0);
    expect(performance.now() - left).toBeLessThan(1_000);
  });

  it('is cut, not ended, when the database fails', async () => {
    await until(() => app.nest.get(RequestsInFlight).count(world.tenantId) === 0);
    const response = await begun();
    await app.database.rows('alter table conversation_events rename to away');
    try {
      const reading = (async () => {
        for await (const chunk of response) expect(chunk).toBeDefined();
      })();
      await expect(reading).rejects.toThrow('aborted');
    } finally {
      await app.database.rows('alter table away rename to conversation_events');
    }
  });
});
