import type { Response } from 'supertest';
import type { ConversationResponse } from '../src/conversations/conversation.js';
import { ForgetExpired } from '../src/idempotency/forget-expired.js';
import { TestApplication } from './support/application.js';
import { sessionsWaiting, whileHolding } from './support/faults/locks.js';
import { keyed, keysOf, replayed } from './support/idempotency-keys.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo } from './support/messages.js';
import { refused } from './support/refused.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';
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

describe('the same key', () => {
  it('sent thirty times at once to two instances has one effect', async () => {
    const second = await app.another();
    try {
      const inbox = await world.inbox();
      const operator = await world.operator({ inboxes: [inbox] });
      for (let i = 0; i < 5; i++) await world.queued(inbox);
      const responses = await Promise.all(
        Array.from({ length: 30 }, (_, i) =>
          [app, second]
            [i % 2]!.call('post', '/allocation/allocate', keyed(operator.headers, 'race'))
            .send({}),
        ),
      );
      const done = responses.filter(({ status }) => status === 200);
      const refusals = responses.filter(({ status }) => status !== 200);
      expect(done.length).toBeGreaterThanOrEqual(1);
      for (const { body } of done) expect(body).toEqual(done[0]!.body);
      for (const { body } of refusals)
        expect(body).toMatchObject({ status: 409, code: 'IDEMPOTENCY_KEY_IN_USE' });
      const { body } = await app.call('get', '/conversations?state=ALLOCATED', world.admin).expect(200);
      expect((body as { data: unknown[] }).data).toHaveLength(1);
    } finally {
      await second.stop();
    }
  });

  it('is refused at once while the first request runs', async () => {
    const inbox = await world.inbox();
    const { id } = await world.queued(inbox);
    const resolve = () =>
      app.call('post', '/allocation/resolve', keyed(world.admin, 'slow')).send({ conversationId: id });
    let first!: Promise<Response>;
    await whileHolding(app.database, 'select from conversations where id = $1 for update', id, async () => {
      first = resolve().then((response) => response);
      await sessionsWaiting(app.database, 1);
      await refused(resolve(), 'IDEMPOTENCY_KEY_IN_USE');
    });
    expect((await first).status).toBe(200);
    expect(replayed(await resolve().expect(200))).toBe('true');
    expect(await world.history(id)).toEqual(['conversation.created', 'conversation.resolved']);
  });
});

describe('the stored response', () => {
  it('is committed with the effect or not at all', async () => {
    const inbox = await world.inbox();
    const { id } = await world.queued(inbox);
    const resolve = (key: string) =>
      app.call('post', '/allocation/resolve', keyed(world.admin, key)).send({ conversationId: id });
    await app.database.rows('alter table idempotency_keys add constraint full_up check (false) not valid');
    try {
      await refused(resolve('lost'), 'INTERNAL');
    } finally {
      await app.database.rows('alter table idempotency_keys drop constraint full_up');
    }
    expect((await world.conversation(id)).state).toBe('QUEUED');
    expect(replayed(await resolve('lost').expect(200))).toBeUndefined();
  });

  it('case 8: survives an instance that is killed before it sends the response', async () => {
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    await world.queued(inbox);
    await world.queued(inbox);
    const doomed = await ServiceProcess.start(app.database.url);
    const given = new AbortController();
    const path = '/api/v1/allocation/allocate';
    const headers = { ...keyed(operator.headers, 'killed'), 'Content-Type': 'application/json' };
    const request = fetch(`${doomed.url}${path}`, {
      method: 'POST',
      headers,
      body: '{}',
      signal: given.signal,
    });
    const lost = request.catch(() => undefined);
    try {
      await until(async () => (await keysOf(world)).length > 0);
    } finally {
      await doomed.stop('SIGKILL');
    }
    given.abort();
    await lost;
    const again = await app
      .call('post', '/allocation/allocate', keyed(operator.headers, 'killed'))
      .send({})
      .expect(200);
    expect(replayed(again)).toBe('true');
    const held = await app.call('get', '/conversations?state=ALLOCATED', world.admin).expect(200);
    const [conversation, ...more] = (held.body as { data: ConversationResponse[] }).data;
    expect(more).toEqual([]);
    expect((again.body as { conversation: ConversationResponse }).conversation.id).toBe(conversation!.id);
  });
});

describe('message ids', () => {
  it('are deleted after seven days', async () => {
    const inbox = await world.inbox();
    const message = messageTo(inbox, { messageId: 'old' });
    const count = async () => {
      const { body } = await app.call('post', '/orchestrator/messages', world.orchestrator).send(message);
      return (body as { conversation: ConversationResponse }).conversation.messageCount;
    };
    expect(await count()).toBe(1);
    const age = (days: number) =>
      app.database.rows(
        `update processed_messages set seen_at = now() - make_interval(days => $2) where tenant_id = $1`,
        [world.tenantId, days],
      );
    await age(6);
    await app.run(ForgetExpired);
    expect(await count()).toBe(1);
    await age(8);
    await app.run(ForgetExpired);
    expect(await count()).toBe(2);
  });
});
