import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { NewApiKey } from '../src/api-keys/api-key.js';
import { TestApplication, type Headers } from './support/application.js';
import { whileHolding } from './support/faults/locks.js';
import { raw, type RawResponse, type RawRequest } from './support/raw.js';
import { asService, direct } from './support/settings.js';
import { signatureOf, type Signed } from './support/signed.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
let signing: NewApiKey;
let inboxId: string;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  signing = await make(true);
  inboxId = (await world.inbox()).id;
});
afterAll(() => app.stop());

let made = 0;
async function make(requestSigning: boolean): Promise<NewApiKey> {
  const { body } = await app
    .call('post', '/api-keys', world.admin)
    .send({ name: `orchestrator ${++made}`, requestSigning })
    .expect(201);
  return body as NewApiKey;
}

const SECOND = 1000;
const ago = (seconds: number) => new Date(Date.now() - seconds * SECOND);

const MESSAGES = '/api/v1/orchestrator/messages';

interface Changes extends Signed {
  secret?: string;
}

/** The headers that sign a message with this body. */
const sign = (body: string, { secret, ...changes }: Changes = {}): Headers =>
  signatureOf(secret ?? signing.signingSecret!, { method: 'POST', path: MESSAGES, body, ...changes });

/** The headers that sign a read. */
const signRead = ({ secret, ...changes }: Changes = {}): Headers =>
  signatureOf(secret ?? signing.signingSecret!, changes);

/** An ingest: its bytes, so that nobody in between writes the JSON anew. */
const BODY = () =>
  `{ "externalConversationId": "signed",  "inboxId": "${inboxId}", "customerPhoneNumber": "+4915112345678" }`;

function post(headers: Headers, body = BODY(), url = app.url): Promise<RawResponse> {
  const sent = { Authorization: `Bearer ${signing.key}`, 'Content-Type': 'application/json', ...headers };
  return raw(url, { method: 'POST', path: MESSAGES, headers: sent, body });
}

const get = (headers: Headers, more: Partial<RawRequest> = {}) =>
  raw(app.url, {
    path: '/api/v1/tenant',
    headers: { Authorization: `Bearer ${signing.key}`, ...headers },
    ...more,
  });

const stored = async () => {
  const [row] = await app.database.rows<{ count: number }>(
    'select count(*)::integer as count from signed_requests where tenant_id = $1',
    [world.tenantId],
  );
  return row!.count;
};

describe('a request that must be signed', () => {
  it('is accepted with a signature over its id, timestamp and body', async () => {
    expect((await post(sign(BODY()))).status).toBe(201);
    expect((await get(signRead())).status).toBe(200);
  });

  it('may have further signatures, as while a secret is exchanged', async () => {
    const headers = sign(BODY());
    const [, other] = sign(BODY(), { secret: `whsec_${Buffer.alloc(32).toString('base64')}` })[
      'webhook-signature'
    ]!.split(',');
    const signature = `v1,abcd r1a,abcd r1,${other} ${headers['webhook-signature']}`;
    expect((await post({ ...headers, 'webhook-signature': signature })).status).toBe(200);
  });

  it.each<[string, () => Headers]>([
    ['no signature', () => ({})],
    ['no id', () => without(sign(BODY()), 'webhook-id')],
    ['no time', () => without(sign(BODY()), 'webhook-timestamp')],
    ['an empty signature', () => ({ ...sign(BODY()), 'webhook-signature': '' })],
    ['a signature without its version', () => bare(sign(BODY()))],
    ['a signature of another version', () => relabelled(sign(BODY()), 'r2')],
    ['a signature of Standard Webhooks', () => standard(BODY())],
    ['the text of version r1 signed as v1', () => relabelled(sign(BODY()), 'v1')],
    ['the text of v1 signed as version r1', () => relabelled(standard(BODY()), 'r1')],
    ['half a signature', () => ({ ...sign(BODY()), 'webhook-signature': 'r1' })],
    ['another secret', () => sign(BODY(), { secret: `whsec_${Buffer.alloc(32, 1).toString('base64')}` })],
    ['another body', () => sign(BODY().replace('signed', 'forged'))],
    ['the same JSON in other bytes', () => sign(JSON.stringify(JSON.parse(BODY())))],
    ['no body', () => sign('')],
    ['another id', () => ({ ...sign(BODY()), 'webhook-id': 'req_other' })],
    [
      'another time',
      () => ({ ...sign(BODY()), 'webhook-timestamp': String(Math.floor(Date.now() / SECOND) - 9) }),
    ],
    ['a time in words', () => ({ ...sign(BODY()), 'webhook-timestamp': 'now' })],
    ['a time of 301 seconds ago', () => sign(BODY(), { at: ago(301) })],
    ['a time far ahead', () => sign(BODY(), { at: ago(-330) })],
    ['a time in milliseconds', () => inMilliseconds(sign(BODY()))],
    ['an id without end', () => sign(BODY(), { id: 'i'.repeat(256) })],
  ])('with %s gets the same 401', async (_what, headers) => {
    const before = await stored();
    const response = await post(headers());
    const { body: plain } = await app.call('post', '/orchestrator/messages').send({}).expect(401);
    expect(response.status).toBe(401);
    expect(response.body).toEqual({ ...plain, requestId: response.body['requestId'] });
    expect(await stored()).toBe(before);
  });

  it('is accepted from five minutes before to five minutes after its timestamp', async () => {
    expect((await post(sign(BODY(), { at: ago(295) }))).status).toBe(200);
    expect((await post(sign(BODY(), { at: ago(-295) }))).status).toBe(200);
  });

  it('is not checked for a key that does not require it', async () => {
    const plain = await make(false);
    const headers = { ...sign('other'), Authorization: `Bearer ${plain.key}` };
    expect((await get(headers)).status).toBe(200);
    expect((await get(headers)).status).toBe(200);
  });
});

describe('a repeated signed request', () => {
  it('is refused with another body and on another instance', async () => {
    const second = await app.another();
    try {
      const headers = sign(BODY());
      expect((await post(headers)).status).toBe(200);
      expect((await post(headers)).status).toBe(401);
      expect((await post(headers, BODY(), second.url)).status).toBe(401);
      const empty = signRead();
      expect((await get(empty)).status).toBe(200);
      expect((await get(empty)).status).toBe(401);
      // The same id over something else.
      expect((await post(sign(BODY(), { id: headers['webhook-id']! }))).status).toBe(401);
    } finally {
      await second.stop();
    }
  });

  it('twenty times at once is accepted once', async () => {
    const second = await app.another();
    try {
      const count = async () => (await world.conversation(await idOf('signed'))).messageCount;
      const before = await count();
      const headers = sign(BODY());
      const urls = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? app.url : second.url));
      const responses = await Promise.all(urls.map((url) => post(headers, BODY(), url)));
      expect(responses.map(({ status }) => status).sort()).toEqual([
        200,
        ...Array.from({ length: 19 }, () => 401),
      ]);
      expect(await count()).toBe(before + 1);
    } finally {
      await second.stop();
    }
  });

  it('with another key is another request', async () => {
    const other = await make(true);
    const id = `req_${randomUUID()}`;
    expect((await post(sign(BODY(), { id }))).status).toBe(200);
    const headers = sign(BODY(), { id, secret: other.signingSecret! });
    expect((await post({ ...headers, Authorization: `Bearer ${other.key}` })).status).toBe(200);
  });

  it('is remembered for longer than its timestamp is valid, and then deleted', async () => {
    const id = `req_${randomUUID()}`;
    await post(sign(BODY(), { id, at: ago(-295) }));
    const [row] = await app.database.rows<{ minutes: number; key: string }>(
      `select extract(epoch from expires_at - now())::float8 / 60 as minutes, api_key_id as key
      from signed_requests where request_id = $1`,
      [id],
    );
    // Five ahead and five after, and more for clocks that differ.
    expect(row!.minutes).toBeGreaterThan(10);
    // More than one request deletes, however often the planner repeats the search for them.
    await app.database.rows(
      `insert into signed_requests (tenant_id, api_key_id, request_id, expires_at)
      select tenant_id, api_key_id, 'old-' || n, now() from signed_requests cross join generate_series(1, 30) n
      where request_id = $1`,
      [id],
    );
    await app.database.rows(
      `update signed_requests set expires_at = now() - interval '1 second' where tenant_id = $1`,
      [world.tenantId],
    );
    const before = await stored();
    await post(sign(BODY()));
    expect(await stored()).toBe(before - 10 + 1);
    const expired = 'select 1 from signed_requests where api_key_id = $1 and expires_at < now()';
    for (let left = before - 10; left > 0; left -= 10) await post(sign(BODY()));
    expect(await app.database.rows(expired, [row!.key])).toEqual([]);
  });

  it('is deleted with its key', async () => {
    const gone = await make(true);
    const headers = { ...signRead({ secret: gone.signingSecret! }), Authorization: `Bearer ${gone.key}` };
    expect((await get(headers)).status).toBe(200);
    await app.call('delete', `/api-keys/${gone.id}`, world.admin).expect(204);
    const rows = await app.database.rows('select 1 from signed_requests where api_key_id = $1', [gone.id]);
    expect(rows).toEqual([]);
  });
});

describe('a signed request without effect may be repeated', () => {
  const idempotent = (headers: Headers) => ({ ...headers, 'Idempotency-Key': randomUUID() });

  it('after a refusal, until it succeeds', async () => {
    const inbox = `+4930${Math.floor(1e7 + Math.random() * 9e7)}`;
    const body = JSON.stringify({
      externalConversationId: 'early',
      inboxPhoneNumber: inbox,
      customerPhoneNumber: '+4915112345678',
    });
    const headers = sign(body);
    expect((await post(headers, body)).status).toBe(404);
    expect((await post(headers, body)).status).toBe(404);
    await world.inbox({ phoneNumber: inbox });
    expect((await post(headers, body)).status).toBe(201);
    expect((await post(headers, body)).status).toBe(401);
  });

  it('after 400, 403 or 404', async () => {
    const malformed = sign('[]');
    const elsewhere = { path: '/api/v1/tenants' };
    const missing = { path: `/api/v1/conversations/${randomUUID()}` };
    const [forbidden, lost] = [signRead(elsewhere), signRead(missing)];
    for (let attempt = 1; attempt <= 2; attempt++) {
      expect((await post(malformed, '[]')).status).toBe(400);
      expect((await get(forbidden, elsewhere)).status).toBe(403);
      expect((await get(lost, missing)).status).toBe(404);
    }
  });

  it.each<[string, (headers: Headers) => Headers]>([
    ['', (headers) => headers],
    [' with an Idempotency-Key', idempotent],
  ])('after the database did not let it through in time%s', async (_with, and) => {
    const impatient = await app.another({
      ...direct(asService(app.database.url)),
      DATABASE_LOCK_TIMEOUT_MS: '50',
    });
    try {
      const headers = and(sign(BODY()));
      const again = async () => (await post(headers, BODY(), impatient.url)).status;
      const lock = 'select from conversations where inbox_id = $1 for update';
      await whileHolding(app.database, lock, inboxId, async () => expect(await again()).toBe(503));
      expect(await again()).toBe(200);
      expect(await again()).toBe(401);
    } finally {
      await impatient.stop();
    }
  });
});

const without = (headers: Headers, name: string): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name));

const bare = (headers: Headers): Headers => ({
  ...headers,
  'webhook-signature': headers['webhook-signature']!.slice(3),
});

const relabelled = (headers: Headers, version: string): Headers => ({
  ...headers,
  'webhook-signature': `${version}${headers['webhook-signature']!.slice(2)}`,
});

/** By Standard Webhooks alone, over the body. */
function standard(body: string): Headers {
  const [id, at] = [`req_${randomUUID()}`, new Date()];
  const signature = new Webhook(signing.signingSecret!).sign(id, at, body);
  return { ...sign(body, { id, at }), 'webhook-signature': signature };
}

const inMilliseconds = (headers: Headers): Headers => ({
  ...headers,
  'webhook-timestamp': `${headers['webhook-timestamp']}000`,
});

async function idOf(externalConversationId: string): Promise<string> {
  const { body } = await app
    .call('get', '/conversations', world.admin)
    .query({ externalConversationId })
    .expect(200);
  return (body as { data: { id: string }[] }).data[0]!.id;
}
