import type { NewApiKey } from '../src/api-keys/api-key.js';
import { StreamHub } from '../src/feed/stream-hub.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication, type Headers } from './support/application.js';
import { refused } from './support/refused.js';
import { StreamReader } from './support/stream-reader.js';
import { until } from './support/until.js';
import { World, type Person } from './support/world.js';

const SETTINGS = { STREAM_POLL_INTERVAL_MS: '20', STREAM_HEARTBEAT_SECONDS: '1' };

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
let me: Person;
const readers: StreamReader[] = [];
beforeAll(async () => {
  app = await TestApplication.start({
    ...SETTINGS,
    STREAM_LIMIT: '3',
    STREAM_LIMIT_PER_TENANT: '4',
    STREAM_LIMIT_PER_PRINCIPAL: '2',
  });
});
beforeEach(async () => {
  world = await World.create(app);
  inbox = await world.inbox();
  me = await world.operator({ inboxes: [inbox] });
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  // The service has to notice that nobody listens any more.
  await until(() => app.nest.get(StreamHub).openStreams === 0);
});
afterAll(() => app.stop());

async function open(headers: Headers, on = app): Promise<StreamReader> {
  const reader = await StreamReader.open(on.url, headers);
  readers.push(reader);
  // It listens, and does not read on any more.
  await reader.until(({ comments }) => comments > 0);
  return reader;
}

const change = (person: Person, fields: object) =>
  app.call('patch', `/operators/${person.id}`, world.admin).send(fields).expect(200);
const hasEnded = (reader: StreamReader) => reader.hasEnded;

describe('the entries of an OPERATOR', () => {
  it('start and end with a subscription', async () => {
    const other = await world.inbox();
    const reader = await open(me.headers);
    const told = () => reader.events.map(({ data }) => data.inboxId);
    await world.queued(other);
    await world.queued(inbox);
    await reader.told(1);
    expect(told()).toEqual([inbox.id]);

    await world.unsubscribe(inbox, me);
    const subscription = { operatorId: me.id, weight: 1 };
    await app.call('post', `/inboxes/${other.id}/operators`, world.admin).send(subscription).expect(201);
    await world.queued(inbox);
    await world.queued(other);
    await reader.told(2);
    expect(told()).toEqual([inbox.id, other.id]);
  });
});

describe('a stream ends for a caller', () => {
  it.each(['while things happen', 'while nothing happens'])('who was deactivated, %s', async (when) => {
    const reader = await open(me.headers);
    await change(me, { isActive: false });
    if (when === 'while things happen') await world.queued(inbox);
    await reader.until(hasEnded);
    expect(reader.types.filter((type) => type === 'conversation.created')).toEqual([]);
    const again = { ...me.headers, 'Last-Event-ID': reader.lastEventId };
    await refused(app.call('get', '/events/stream', again), 'OPERATOR_INACTIVE');
  });

  it('whose key was revoked', async () => {
    const { body } = await app.call('post', '/api-keys', world.admin).send({ name: 'desk' }).expect(201);
    const { id, key } = body as NewApiKey;
    const reader = await open({ Authorization: `Bearer ${key}` });
    await world.queued(inbox);
    await reader.told(1);
    await app.call('delete', `/api-keys/${id}`, world.admin).expect(204);
    await world.queued(inbox);
    await reader.until(hasEnded);
    expect(reader.events).toHaveLength(1);
  });

  it('whose role changed, and for nobody else', async () => {
    const manager = await world.operator({ role: 'MANAGER' });
    const [promoted, moved] = [await open(me.headers), await open(manager.headers)];
    await change(me, { role: 'MANAGER' });
    await change(manager, { role: 'ADMIN' });
    await world.queued(inbox);
    await promoted.until(hasEnded);
    await moved.told(1);
    expect(promoted.events).toEqual([]);
    expect(moved.hasEnded).toBe(false);
  });

  it('who reached the lifetime of a stream, and a new one continues there', async () => {
    const shortly = await app.another({ ...SETTINGS, STREAM_LIFETIME_SECONDS: '1' });
    try {
      const reader = await StreamReader.open(shortly.url, world.admin);
      await world.queued(inbox);
      await reader.until(hasEnded);
      expect(reader.response.complete).toBe(true);
      await world.queued(inbox);
      const again = await reader.again(shortly.url, world.admin);
      await again.told(2 - reader.events.length);
      again.close();
      const all = [...reader.events, ...again.events].map(({ data }) => data.id);
      expect(new Set(all).size).toBe(2);
    } finally {
      await shortly.stop();
    }
  });
});

describe('the streams of an instance', () => {
  it('are limited, in all and for each principal', async () => {
    const stream = (headers: Headers) => app.call('get', '/events/stream', headers);
    await open(world.admin);
    const mine = [await open(me.headers), await open(me.headers)];
    expect(app.nest.get(StreamHub).openStreams).toBe(3);
    const full = await stream(world.orchestrator);
    expect(full).toMatchObject({ status: 503, body: { code: 'STREAMS_UNAVAILABLE' } });
    expect(full.headers['retry-after']).toBe('1');

    readers[0]!.close();
    await until(() => app.nest.get(StreamHub).openStreams === 2);
    const greedy = await stream(me.headers);
    expect(greedy).toMatchObject({ status: 429, body: { code: 'TOO_MANY_STREAMS' } });
    expect(greedy.headers['retry-after']).toBe('1');
    await open(world.orchestrator);
    expect(mine.map(hasEnded)).toEqual([false, false]);
  });
});
