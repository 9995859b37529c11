import { encodeCursor } from '../src/http/cursor.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { problemCode, raw, type RawRequest } from './support/raw.js';
import { invalid, refused } from './support/refused.js';
import { World } from './support/world.js';

const NOWHERE = '019c8f00-0000-7000-8000-000000000000';

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  inbox = await world.inbox();
  for (const externalId of ['a', 'b', 'c']) await world.queued(inbox, { externalId });
});
afterAll(async () => {
  await app.call('get', '/tenant', world.admin).expect(200);
  await app.stop();
});

describe('queries', () => {
  async function codeOf(query: string, path = '/api/v1/conversations'): Promise<string> {
    const response = await raw(app.url, { path: `${path}?${query}`, headers: world.admin });
    return response.status < 300 ? 'taken' : `${response.status} ${problemCode(response, path)}`;
  }

  it.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1.5',
    'limit=x',
    'limit=',
    'limit=9007199254740993',
    'limit=1e400',
    'limit=NaN',
    'limit=0x10',
    'limit=1e1',
    'limit=%205',
    'limit=%2B5',
    'limit=%00',
    'limit=1&limit=2',
    'limit[]=1',
    'limit[a]=1',
    'state=',
    'state=queued',
    'state=LOST',
    'state=QUEUED&state=ALLOCATED',
    'inboxId=1',
    'inboxId=',
    'leadId=null',
    'labelId=%27',
    'assignedOperatorId=me',
    'sort=random',
    'sort=priority&state=RESOLVED',
    'externalConversationId=',
    'externalConversationId=a%00b',
    `externalConversationId=${'x'.repeat(999)}`,
    'tenantId=x',
    'role=ADMIN',
    'x=1',
    '__proto__=1',
    '__proto__[limit]=1',
    'constructor=1',
    'hasOwnProperty=1',
    'a%00=1',
    '=',
  ])('%s: 400', async (query) => {
    expect(await codeOf(query)).toBe('400 VALIDATION_FAILED');
  });

  it.each(['', '%zz=1&limit=x', '&&&', 'limit=20', 'limit=%zz'])(
    'unusual but valid or 400: %j',
    async (query) => {
      expect(await codeOf(query)).toMatch(/^(taken|400 VALIDATION_FAILED)$/);
    },
  );

  it.each(['', 'phoneNumber=%2B4915112345678&phoneNumber=%2B49', 'state=QUEUED'])(
    'search by %j: 400',
    async (query) => {
      expect(await codeOf(query, '/api/v1/conversations/search')).toBe('400 VALIDATION_FAILED');
    },
  );
});

describe('an invalid request', () => {
  it.each<[string, RawRequest]>([
    ['a control character in a header', { path: '/api/v1/inboxes', headers: { 'If-Match': '"1\u0001"' } }],
    ['a blank in the address', { path: '/api/v1/inboxes x' }],
    ['no known method', { method: 'HELO', path: '/' }],
  ])('is a problem: %s', async (_what, request) => {
    const response = await raw(app.url, request);
    expect([response.status, problemCode(response, '/')]).toEqual([400, 'VALIDATION_FAILED']);
  });
});

describe('an unknown parameter', () => {
  it.each<['get' | 'post' | 'put' | 'delete', string]>([
    ['get', '/tenant?x=1'],
    ['get', '/stats/queue?inboxId=x'],
    ['get', '/conversations/019c8f00-0000-7000-8000-000000000000?tenantId=x'],
    ['post', '/allocation/allocate?inboxId=x'],
    ['post', '/grace-periods/expire?all=true'],
    ['delete', '/labels/019c8f00-0000-7000-8000-000000000000?force=true'],
  ])('a query is refused: %s %s', async (method, path) => {
    await refused(app.call(method, path, world.admin), 'VALIDATION_FAILED');
  });

  it.each<['post' | 'put' | 'delete', string, string]>([
    ['post', '/grace-periods/expire', '200'],
    ['put', `/conversations/${NOWHERE}/labels/${NOWHERE}`, '404 NOT_FOUND'],
    ['delete', `/labels/${NOWHERE}`, '404 NOT_FOUND'],
  ])('a body is refused unless it is empty: %s %s', async (method, path, outcome) => {
    const call = () => app.call(method, path, world.admin);
    await invalid(call().send({ tenantId: 'x' }), 'body');
    await invalid(call().send([]), 'body');
    const { status, body } = await call().send({});
    expect([status, (body as { code?: string }).code].join(' ').trim()).toBe(outcome);
    await refused(call().type('application/xml').send('<label/>'), 'UNSUPPORTED_MEDIA_TYPE');
  });

  it('is allowed for probes', async () => {
    for (const path of ['/health', '/ready', '/version', '/metrics'])
      expect((await fetch(`${app.url}${path}?probe=1`)).status).toBe(200);
  });
});

describe('cursors', () => {
  const page = (query: string) => app.call('get', `/conversations?limit=1&${query}`, world.admin);
  const firstCursor = async (query = '') => {
    const { body } = await page(query).expect(200);
    return (body as { nextCursor: string }).nextCursor;
  };

  it('continue after the page before, with filters in any order', async () => {
    const filters = `state=QUEUED&inboxId=${inbox.id}`;
    const { body: first } = await page(filters).expect(200);
    const cursor = await firstCursor(filters);
    const { body: second } = await page(`${filters}&cursor=${cursor}`).expect(200);
    const { body: again } = await page(`cursor=${cursor}&inboxId=${inbox.id}&state=QUEUED`).expect(200);
    const idsOf = (read: unknown) => (read as { data: { id: string }[] }).data.map(({ id }) => id);
    expect(idsOf(again)).toEqual(idsOf(second));
    expect(new Set([first, second].flatMap(idsOf)).size).toBe(2);
  });

  it.each<[string, (cursor: string) => string]>([
    ['of other letters', () => 'cursor'],
    ['cut off', (cursor) => cursor.slice(0, -2)],
    ['too long', (cursor) => `${cursor}AAAA`],
    [
      'with a letter changed',
      (cursor) => `${cursor.slice(0, 20)}${cursor[20] === 'A' ? 'B' : 'A'}${cursor.slice(21)}`,
    ],
    ['padded', (cursor) => `${cursor}=`],
    ['in upper case', (cursor) => cursor.toUpperCase()],
    ['with a blank', (cursor) => `${cursor}%20`],
    ['no base64', () => '%F0%9F%98%80'],
  ])('%s: INVALID_CURSOR', async (_what, change) => {
    const { body } = await page(`cursor=${change(await firstCursor())}`).expect(400);
    expect(body).toMatchObject({ code: 'INVALID_CURSOR' });
  });

  it.each(['state=ALLOCATED', 'sort=oldest', 'sort=priority', 'externalConversationId=a'])(
    'with another filter (%s): INVALID_CURSOR',
    async (filter) => {
      const { body } = await page(`${filter}&cursor=${await firstCursor()}`).expect(400);
      expect(body).toMatchObject({ code: 'INVALID_CURSOR' });
    },
  );

  it('are refused when empty or too long', async () => {
    await invalid(page('cursor='), 'cursor');
    await invalid(page(`cursor=${'A'.repeat(2001)}`), 'cursor');
  });

  it('of another list or another reader are refused', async () => {
    const cursor = await firstCursor();
    for (const path of ['/operators', '/inboxes', '/allocation/queue'])
      await refused(app.call('get', `${path}?cursor=${cursor}`, world.admin), 'INVALID_CURSOR');
    const reader = await world.operator({ inboxes: [inbox] });
    const theirs = app.call('get', `/conversations?limit=1&cursor=${cursor}`, reader.headers);
    await refused(theirs, 'INVALID_CURSOR');
  });

  describe('forged with a correct signature', () => {
    const made = (position: unknown) =>
      page(`cursor=${encodeCursor(['newest', world.tenantId, undefined, {}], position as unknown[])}`);

    it('continue at their position', async () => {
      const { body } = await made(['2100-01-01 00:00:00+00', NOWHERE]).expect(200);
      expect((body as { data: object[] }).data).toHaveLength(1);
    });

    it.each<[unknown]>([
      [['x', 'y']],
      [[]],
      [[null, null]],
      [[1, 2]],
      [{}],
      [['2026-01-01', 'y']],
      [['2100-01-01 00:00:00+00', 'y']],
      [['2100-01-01 00:00:00+00', NOWHERE, NOWHERE]],
    ])('are refused when they say %j', (position) => refused(made(position), 'INVALID_CURSOR'));
  });
});
