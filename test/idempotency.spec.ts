import { randomUUID } from 'node:crypto';
import type { NewApiKey } from '../src/api-keys/api-key.js';
import type { ConversationResponse } from '../src/conversations/conversation.js';
import { ForgetExpired } from '../src/idempotency/forget-expired.js';
import { TestApplication, type Headers } from './support/application.js';
import { keyed, keysOf, replayed } from './support/idempotency-keys.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, reportBatch } from './support/messages.js';
import { arrives } from './support/pushing.js';
import { invalid, refused } from './support/refused.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
beforeAll(async () => {
  app = await TestApplication.start();
});
beforeEach(async () => {
  world = await World.create(app);
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

describe('a request with a key', () => {
  it('has one effect and one response when it is repeated', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    await world.queued(inbox);
    await world.queued(inbox);
    const allocate = () =>
      app.call('post', '/allocation/allocate', keyed(operator.headers, 'take-1')).send({}).expect(200);

    const first = await allocate();
    const again = [await allocate(), await allocate()];

    expect(replayed(first)).toBeUndefined();
    for (const response of again) {
      expect(response.body).toEqual(first.body);
      expect(replayed(response)).toBe('true');
    }
    const { body } = await app.call('get', '/conversations?state=ALLOCATED', world.admin).expect(200);
    expect((body as { data: unknown[] }).data).toHaveLength(1);
    // A new key is a new request.
    const { body: other } = await app
      .call('post', '/allocation/allocate', keyed(operator.headers, 'take-2'))
      .send({})
      .expect(200);
    expect(other).not.toEqual(first.body);
  });

  it('gets the same status and ETag again after later changes', async () => {
    const inbox = await world.inbox();
    const message = messageTo(inbox);
    const report = (key: string) =>
      app.call('post', '/orchestrator/messages', keyed(world.orchestrator, key)).send(message);
    const first = await report('m-1').expect(201);
    await report('m-2').expect(200);
    const { id } = (first.body as { conversation: ConversationResponse }).conversation;
    await world.resolve(id);
    const again = await report('m-1').expect(201);
    expect(again.body).toEqual(first.body);
    expect(again.headers['etag']).toBe(first.headers['etag']);
    expect((await world.conversation(id)).messageCount).toBe(2);
  });

  it('is supported on every route that changes something', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.queued(inbox);
    const requests: ['post' | 'put' | 'patch' | 'delete', string, object | undefined, Headers][] = [
      ['post', '/orchestrator/messages/batch', { messages: [messageTo(inbox), {}] }, world.orchestrator],
      ['post', '/allocation/claim', { conversationId: id }, operator.headers],
      ['post', '/allocation/resolve', { conversationId: id }, operator.headers],
      ['put', `/operators/${operator.id}/status`, { status: 'OFFLINE' }, operator.headers],
      ['patch', '/tenant/settings', { alpha: 0.3, beta: 0.7 }, world.admin],
      ['post', '/operators', { name: 'Otto', role: 'OPERATOR' }, world.admin],
      ['post', '/grace-periods/expire', undefined, world.admin],
      ['post', `/inboxes/${inbox.id}/labels`, { name: 'Once', attachToExisting: true }, world.admin],
      ['delete', `/inboxes/${inbox.id}/operators/${operator.id}`, undefined, world.admin],
    ];
    for (const [method, path, body, headers] of requests) {
      const key = randomUUID();
      const send = () => app.call(method, path, keyed(headers, key)).send(body);
      const first = await send();
      const again = await send();
      expect({ path, ok: first.ok, replayed: replayed(first) }).toEqual({ path, ok: true });
      expect({ path, status: again.status, body: again.body as unknown, replayed: replayed(again) }).toEqual({
        path,
        status: first.status,
        body: first.body as unknown,
        replayed: 'true',
      });
    }
    expect(await keysOf(world)).toHaveLength(requests.length);
  });

  it('expires grace periods in batches, not in one transaction, and replays how many', async () => {
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const operator = await world.operator({ inboxes: [inbox] });
    await reportBatch(
      world,
      Array.from({ length: 150 }, () => messageTo(inbox)),
    );
    await world.setStatus(operator, 'OFFLINE', operator.headers);
    await world.endGracePeriods();
    const expire = () => app.call('post', '/grace-periods/expire', keyed(world.admin, 'expire'));
    const first = await expire().expect(200);
    const again = await expire().expect(200);
    expect([first.body, again.body, replayed(again)]).toEqual([{ expired: 150 }, { expired: 150 }, 'true']);
    const [row] = await app.database.rows<{ transactions: number }>(
      `select count(distinct xmin::text)::int as transactions from conversation_events
       where tenant_id = $1 and type = 'conversation.grace_expired'`,
      [world.tenantId],
    );
    expect(row!.transactions).toBeGreaterThan(1);
  });

  it('of the platform creates one tenant', async () => {
    const key = randomUUID();
    const found = () =>
      app
        .call('post', '/tenants', keyed({ Authorization: `Bearer ${PLATFORM_KEY}` }, key))
        .send({ name: 'Founded once', admin: { name: 'Ada' } })
        .expect(201);
    const [first, again] = [await found(), await found()];
    expect(again.body).toEqual(first.body);
    const found_ = await app.database.rows(`select 1 from tenants where name = 'Founded once'`);
    expect(found_).toHaveLength(1);
  });

  it('with GET ignores the key', async () => {
    const get = () => app.call('get', '/tenant', keyed(world.admin, 'look')).expect(200);
    await get();
    expect(replayed(await get())).toBeUndefined();
    expect(await keysOf(world)).toEqual([]);
  });

  it('distributes freed capacity after its commit', async () => {
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const operator = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    const [first, second] = [await arrives(world, inbox), await arrives(world, inbox)];
    expect(second.state).toBe('QUEUED');
    await world.resolve(first.id, keyed(operator.headers, 'done'));
    expect(await world.conversation(second.id)).toMatchObject({ assignedOperatorId: operator.id });
  });
});

describe('a key', () => {
  const create = (key: string, body: object, headers = world.admin) =>
    app.call('post', '/inboxes', keyed(headers, key)).send(body);

  it('is refused with another request, and the first response stays', async () => {
    const first = await create('k', { name: 'First' }).expect(201);
    await refused(create('k', { name: 'Second' }), 'IDEMPOTENCY_KEY_REUSED');
    await refused(app.call('post', '/inboxes', keyed(world.admin, 'k')).send(), 'IDEMPOTENCY_KEY_REUSED');
    expect((await create('k', { name: 'First' }).expect(201)).body).toEqual(first.body);
    const { id } = first.body as { id: string };
    const rename = (target: string, key: string) =>
      app.call('patch', `/inboxes/${target}`, keyed(world.admin, key)).send({ name: 'Renamed' });
    await rename(id, 'r').expect(200);
    await refused(rename((await world.inbox()).id, 'r'), 'IDEMPOTENCY_KEY_REUSED');
  });

  it('with another If-Match is another request', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.queued(inbox);
    const claim = (version: number) =>
      app
        .call('post', '/allocation/claim', { ...keyed(operator.headers, 'c'), 'If-Match': `"${version}"` })
        .send({ conversationId: id });
    await claim(1).expect(200);
    expect(replayed(await claim(1).expect(200))).toBe('true');
    await refused(claim(2), 'IDEMPOTENCY_KEY_REUSED');
  });

  it('belongs to its principal, route and tenant', async () => {
    const other = await World.create(app);
    const colleague = await world.operator({ role: 'ADMIN' });
    for (const headers of [world.admin, colleague.headers, other.admin]) {
      const name = `Of ${Object.values(headers).join()}`;
      expect(replayed(await create('same', { name }, headers).expect(201))).toBeUndefined();
    }
    const operator = { name: 'Same', role: 'OPERATOR' };
    const response = await app
      .call('post', '/operators', keyed(world.admin, 'same'))
      .send(operator)
      .expect(201);
    expect(replayed(response)).toBeUndefined();
  });

  it('is 1 to 255 characters long', async () => {
    await invalid(create('', { name: 'x' }), 'Idempotency-Key');
    await invalid(create('k'.repeat(256), { name: 'x' }), 'Idempotency-Key');
    await create('k'.repeat(255), { name: 'x' }).expect(201);
  });

  it('is deleted after its time', async () => {
    const first = await create('day', { name: 'Daily' }).expect(201);
    const [row] = await app.database.rows<{ hours: number }>(
      'select extract(epoch from expires_at - now())::float8 / 3600 as hours from idempotency_keys where tenant_id = $1',
      [world.tenantId],
    );
    expect(row!.hours).toBeCloseTo(24, 1);
    const expire = `update idempotency_keys set expires_at = now() where tenant_id = $1`;
    await app.database.rows(expire, [world.tenantId]);
    const second = await create('day', { name: 'Next day' }).expect(201);
    expect(second.body).not.toEqual(first.body);
    expect(replayed(second)).toBeUndefined();

    await create('stays', { name: 'Stays' }).expect(201);
    await app.database.rows(`${expire} and key_hash = sha256('day')`, [world.tenantId]);
    await app.run(ForgetExpired);
    expect(await keysOf(world)).toHaveLength(1);
    expect(replayed(await create('stays', { name: 'Stays' }).expect(201))).toBe('true');
  });

  it('encrypts the response, which the database alone cannot show', async () => {
    const make = () =>
      app
        .call('post', '/api-keys', keyed(world.admin, 'secret-key'))
        .send({ name: 'orchestrator' })
        .expect(201);
    const { key } = (await make()).body as NewApiKey;
    expect(((await make()).body as NewApiKey).key).toBeNull();
    const kept = await app.database.rows<{ text: string }>(
      `select encode(answer, 'escape') || k::text as text from idempotency_keys k where tenant_id = $1`,
      [world.tenantId],
    );
    expect(kept).toHaveLength(1);
    for (const secret of [key, key.slice(48), 'orchestrator', 'secret-key'])
      expect(kept[0]!.text).not.toContain(secret);
  });
});

describe('a refusal', () => {
  it('is stored too: 403, 404, 409 and 412 are repeated', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    const held = await world.allocated(inbox, operator);
    const { id } = await world.queued(inbox);
    const claim = (key: string) =>
      app.call('post', '/allocation/claim', keyed(operator.headers, key)).send({ conversationId: id });
    const first = await refused(claim('full'), 'OPERATOR_AT_CAPACITY');
    await world.resolve(held.id, operator.headers);
    const again = await claim('full');
    expect(again.body).toMatchObject({ code: 'OPERATOR_AT_CAPACITY', detail: first.detail });
    expect(replayed(again)).toBe('true');
    await claim('room').expect(200);
    const late = await claim('late');
    expect(late.body).toMatchObject({ code: 'CONVERSATION_NOT_QUEUED', assignedOperatorId: operator.id });
    expect((await claim('late')).body).toMatchObject({
      code: 'CONVERSATION_NOT_QUEUED',
      assignedOperatorId: operator.id,
    });
  });

  it('of a malformed request is not stored, so the caller can correct it', async () => {
    const create = (name: string) => app.call('post', '/inboxes', keyed(world.admin, 'typo')).send({ name });
    await invalid(create(''), 'name');
    await create('Right').expect(201);
    expect(replayed(await create('Right').expect(201))).toBe('true');
  });
});
