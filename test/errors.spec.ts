import { randomUUID } from 'node:crypto';
import { TestApplication } from './support/application.js';
import { json, problemCode, raw, type RawRequest } from './support/raw.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
let world: World;
let manager: Person;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  manager = await world.operator({ role: 'MANAGER' });
});
afterAll(async () => {
  // After all of it the process still responds.
  await app.call('get', '/tenant', world.admin).expect(200);
  await app.stop();
});

type Case = [what: string, request: () => RawRequest];

/** The response to the request as an administrator, or as the headers of the request say. */
async function codeOf(make: () => RawRequest): Promise<string> {
  const request = make();
  const headers = {
    ...(request.headers?.['X-Service'] === undefined ? world.admin : {}),
    ...request.headers,
  };
  const path = request.path.startsWith('/') ? request.path : `/api/v1/${request.path}`;
  const response = await raw(app.url, { ...request, path, headers });
  const code = problemCode(response, path);
  return `${response.status} ${code}`;
}

const post = (path: string, body: Buffer | string, type = 'application/json'): RawRequest => ({
  method: 'POST',
  path,
  headers: { 'Content-Type': type },
  body,
});
const put = (path: string, value: unknown): RawRequest => ({ method: 'PUT', path, ...json(value) });
const patch = (path: string, value: unknown): RawRequest => ({ method: 'PATCH', path, ...json(value) });
const get = (path: string): RawRequest => ({ path });
const NAMED = '"name":"x"';
const manyFields = (count: number) => Array.from({ length: count }, (_, i) => `"f${i}":1`).join();
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('routes', () => {
  it.each<Case>([
    ['no route', () => get('/nowhere')],
    ['no route of the API', () => get('nowhere?phoneNumber=1')],
    ['a slash too many', () => get('inboxes/')],
    ['another version', () => get('/api/v2/inboxes')],
    ['an encoded NUL', () => get('/%00')],
    ['a route below a route', () => get('tenant/settings/alpha')],
  ])('%s: 404', async (_what, request) => {
    expect(await codeOf(request)).toBe('404 NOT_FOUND');
  });

  it.each<Case>([
    ['DELETE of a list', () => ({ method: 'DELETE', path: 'inboxes' })],
    ['PUT of a list', () => put('conversations', {})],
    ['GET of an action', () => get('allocation/allocate')],
    ['POST of health', () => ({ method: 'POST', path: '/health' })],
    ['OPTIONS', () => ({ method: 'OPTIONS', path: 'inboxes' })],
    ['TRACE', () => ({ method: 'TRACE', path: 'inboxes' })],
  ])('an unsupported method is 404: %s', async (_what, request) => {
    expect(await codeOf(request)).toMatch(/^(404 NOT_FOUND|405 METHOD_NOT_ALLOWED)$/);
  });

  it.each<Case>([
    ['%zz', () => get('inboxes/%zz')],
    ['half an escape', () => get('/%')],
    ['no UTF-8', () => get('inboxes/%ff%fe')],
    ['an encoded NUL', () => get('inboxes/%00')],
    ['a word', () => get('inboxes/first')],
    ['a number', () => get('inboxes/42')],
    ['a UUID with a tail', () => get(`inboxes/${randomUUID()}x`)],
    ['a UUID in braces', () => get(`inboxes/%7B${randomUUID()}%7D`)],
    ['a UUID without dashes', () => get(`conversations/${randomUUID().replaceAll('-', '')}`)],
    ['an injection', () => get(`conversations/'%20or%201=1--/history`)],
    ['emoji', () => get('operators/%F0%9F%98%80/status')],
    ['250 letters', () => get(`operators/${'a'.repeat(250)}`)],
  ])('a path with %s: 400', async (_what, request) => {
    expect(await codeOf(request)).toBe('400 VALIDATION_FAILED');
  });

  it('a path of dots is 404', async () => {
    for (const path of [
      '/api/v1/inboxes/../../../etc/passwd',
      '/api/../package.json',
      '/api/%2e%2e/package.json',
    ])
      expect(await codeOf(() => get(path))).toMatch(/^40[034]/);
  });

  it('a path of 10,000 letters is refused', async () => {
    expect(await codeOf(() => get(`operators/${'a'.repeat(10_000)}`))).toMatch(/^4/);
  });
});

describe('bodies', () => {
  it.each<Case>([
    ['nothing', () => post('operators', '')],
    ['blanks', () => post('operators', '  ')],
    ['no JSON', () => post('operators', 'name=x')],
    ['JSON that is cut off', () => post('operators', '{"name":"x","ro')],
    ['two values', () => post('operators', '{}{}')],
    ['NaN', () => post('operators', '{"name":"x","role":"ADMIN","maxLoad":NaN}')],
    ['single quotes', () => post('operators', `{'name':'x'}`)],
    ['a comma at the end', () => post('operators', `{${NAMED},}`)],
    ['null', () => post('operators', 'null')],
    ['a number', () => post('operators', '1')],
    ['true', () => post('operators', 'true')],
    ['a text', () => post('operators', '"name"')],
    ['an array', () => post('operators', '[]')],
    ['an array of one', () => post('operators', '[{"name":"x","role":"ADMIN"}]')],
    ['an empty object', () => post('operators', '{}')],
    ['invalid UTF-8', () => post('operators', Buffer.from([0x22, 0xc3, 0x28, 0x22]))],
    ['UTF-16', () => post('operators', Buffer.from('\ufeff{"name":"x"}', 'utf16le'))],
    ['a NUL character', () => post('operators', '{"name":"a\\u0000b","role":"ADMIN"}')],
    ['a NUL byte', () => post('operators', '{"name":"a\0b","role":"ADMIN"}')],
    ['a NUL in a name', () => post('operators', `{${NAMED},"a\\u0000b":1}`)],
    ['3,000 levels', () => post('operators', `{${NAMED},"role":${deep(3000)}}`)],
    ['3,000 levels that never end', () => post('operators', '['.repeat(3000))],
    ['5,000 levels', () => post('operators', deep(5_000))],
    ['65 fields', () => post('operators', `{${manyFields(65)}}`)],
    ['65 fields deep down', () => post('operators', `{${NAMED},"role":{${manyFields(65)}}}`)],
    ['a list of 1,001 items', () => post('operators', `{${NAMED},"role":[${'1,'.repeat(1_000)}1]}`)],
    ['an object for a number', () => patch('tenant/settings', { alpha: { a: 1 } })],
    ['constructor deep down', () => post('operators', `{${NAMED},"role":"ADMIN","x":{"constructor":"y"}}`)],
    ['constructor for a field', () => post('operators', `{"name":{"constructor":1},"role":"ADMIN"}`)],
    ['tenantId', () => post('operators', `{${NAMED},"role":"ADMIN","tenantId":"${randomUUID()}"}`)],
    ['an unknown field', () => post('operators', `{${NAMED},"role":"ADMIN","salary":1}`)],
    ['state where allocate takes nothing', () => post('allocation/allocate', '{"state":"RESOLVED"}')],
    ['an array where allocate takes nothing', () => post('allocation/allocate', '[1]')],
    [
      'role on a claim',
      () => post('allocation/claim', `{"conversationId":"${randomUUID()}","role":"ADMIN"}`),
    ],
    ['an unknown role', () => post('operators', `{${NAMED},"role":"ROOT"}`)],
    ['a role in small letters', () => post('operators', `{${NAMED},"role":"admin"}`)],
    ['a role of several', () => post('operators', `{${NAMED},"role":["ADMIN"]}`)],
    ['2^53 + 1', () => post('operators', `{${NAMED},"role":"ADMIN","maxLoad":9007199254740993}`)],
    ['1e400', () => post('operators', `{${NAMED},"role":"ADMIN","maxLoad":1e400}`)],
    ['half a conversation', () => post('operators', `{${NAMED},"role":"ADMIN","maxLoad":1.5}`)],
    ['a number in quotes', () => post('operators', `{${NAMED},"role":"ADMIN","maxLoad":"3"}`)],
    ['yes for true', () => post('operators', `{${NAMED},"role":"ADMIN","isActive":"yes"}`)],
    ['a huge weight', () => patch('tenant/settings', { alpha: 2 ** 53 + 2 })],
    ['a weight below 0', () => patch('tenant/settings', { beta: -0.1 })],
    ['null for a number', () => patch('tenant/settings', { alpha: null })],
    ['null for a text', () => patch(`operators/${manager.id}`, { name: null })],
    ['null for a switch', () => patch(`operators/${manager.id}`, { isActive: null })],
    ['an empty text', () => patch(`operators/${manager.id}`, { name: '' })],
    ['256 letters', () => patch(`operators/${manager.id}`, { name: 'n'.repeat(256) })],
    ['16,000 letters', () => patch(`operators/${manager.id}`, { name: 'n'.repeat(16_000) })],
    [
      '5,000 selectors of variants',
      () => patch(`operators/${manager.id}`, { name: `a${'\ufe0f'.repeat(5_000)}` }),
    ],
    ['no address', () => patch(`operators/${manager.id}`, { email: 'ada@localhost@x' })],
    ['a bad id', () => post('allocation/claim', '{"conversationId":"42"}')],
    ['an id in an array', () => post('allocation/claim', `{"conversationId":["${randomUUID()}"]}`)],
    ['an object for an array', () => put(`inboxes/${randomUUID()}/operators`, {})],
    ['null for an array', () => put(`inboxes/${randomUUID()}/operators`, null)],
    ['a number for an array', () => put(`inboxes/${randomUUID()}/operators`, 1)],
    ['a text for an array', () => put(`inboxes/${randomUUID()}/operators`, 'a,b')],
    ['nothing for an array', () => ({ method: 'PUT', path: `inboxes/${randomUUID()}/operators` })],
    ['null in an array', () => put(`inboxes/${randomUUID()}/operators`, [null])],
    ['an array in an array', () => put(`inboxes/${randomUUID()}/operators`, [[]])],
    [
      'JSON as text in an array',
      () => put(`inboxes/${randomUUID()}/operators`, [`{"operatorId":"${randomUUID()}"}`]),
    ],
  ])('with %s: 400', async (_what, request) => {
    expect(await codeOf(request)).toBe('400 VALIDATION_FAILED');
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then'])(
    'with a field named %s, which class-transformer may leave out: 400',
    async (name) => {
      const planted = `"${name}":{"isActive":false,"role":"ADMIN"}`;
      expect(await codeOf(() => post('operators', `{${NAMED},"role":"OPERATOR",${planted}}`))).toBe(
        '400 VALIDATION_FAILED',
      );
      const deeper = `{${NAMED},"admin":{${NAMED},${planted}}}`;
      const platform = { Authorization: `Bearer ${PLATFORM_KEY}`, 'Content-Type': 'application/json' };
      const path = '/api/v1/tenants';
      const response = await raw(app.url, { method: 'POST', path, headers: platform, body: deeper });
      expect(problemCode(response, path)).toBe('VALIDATION_FAILED');
      const list = `inboxes/${randomUUID()}/operators`;
      const item = `{"operatorId":"${randomUUID()}",${planted}}`;
      expect(await codeOf(() => ({ ...post(list, `[${item}]`), method: 'PUT' }))).toBe(
        '400 VALIDATION_FAILED',
      );
      expect(({} as Record<string, unknown>)['isActive']).toBeUndefined();
    },
  );

  it.each<Case>([
    ['XML', () => post('operators', '<operator/>', 'application/xml')],
    ['text', () => post('operators', '{}', 'text/plain')],
    ['a form', () => post('operators', 'name=x&role=ADMIN', 'application/x-www-form-urlencoded')],
    ['an upload', () => post('operators', '--x--', 'multipart/form-data; boundary=x')],
    ['almost JSON', () => post('operators', '{}', 'application/jsonp')],
    ['a patch of JSON', () => post('operators', '{}', 'application/merge-patch+json')],
    ['a broken type', () => post('operators', '{}', 'json')],
    ['no type', () => ({ method: 'POST', path: 'operators', body: '{}' })],
    ['JSON in UTF-16', () => post('operators', '{}', 'application/json; charset=utf-16')],
    ['JSON in Latin 1', () => post('operators', '{}', 'application/json; charset="iso-8859-1"')],
  ])('as %s: 415', async (_what, request) => {
    expect(await codeOf(request)).toBe('415 UNSUPPORTED_MEDIA_TYPE');
  });

  it('are accepted with a charset, in any script', async () => {
    const names = [
      '😀👩‍👩‍👧‍👦',
      'שלום עולם',
      'مرحبا',
      '\u202eright to left',
      'Zoë',
      '田中さん',
      `O'Brien; drop table operators`,
    ];
    for (const name of names) {
      const call = app.call('post', '/operators', world.admin).type('application/json; charset=UTF-8');
      const { body } = await call.send(JSON.stringify({ name, role: 'OPERATOR' })).expect(201);
      expect(body).toMatchObject({ name });
    }
  });
});

describe('request ids', () => {
  const idOf = async (sent?: string) => {
    const response = await raw(app.url, {
      path: '/nowhere',
      ...(sent === undefined ? {} : { headers: { 'X-Request-Id': sent } }),
    });
    problemCode(response, '/nowhere');
    return response.body['requestId'];
  };

  it('are returned when they are well-formed, on success too', async () => {
    for (const id of ['a', 'req-1.2_3', randomUUID(), 'x'.repeat(128)]) expect(await idOf(id)).toBe(id);
    const { headers } = await app
      .call('get', '/tenant', { ...world.admin, 'X-Request-Id': 'mine' })
      .expect(200);
    expect(headers['x-request-id']).toBe('mine');
  });

  it.each(['', ' ', 'two words', 'x'.repeat(129), '<script>', 'a"b', 'é'])('replace %j', async (id) => {
    expect(await idOf(id)).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('are created when the request has none, and are unique', async () => {
    expect(await idOf()).not.toBe(await idOf());
  });
});
