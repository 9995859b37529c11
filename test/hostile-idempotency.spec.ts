import { createHash, randomBytes, randomInt } from 'node:crypto';
import { Problem } from '../src/http/problem.js';
import { IdempotencyStore, type RepeatableRequest } from '../src/idempotency/idempotency-store.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { keyed, replayed } from './support/idempotency-keys.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, type MessageFields } from './support/messages.js';
import { World } from './support/world.js';

const KB = 1_024;

let app: TestApplication;
beforeAll(async () => {
  // The smallest limits, so that few requests are enough.
  app = await TestApplication.start({ IDEMPOTENCY_TENANT_MB: '1' });
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

const messagesTo = (inbox: InboxResponse, count: number) =>
  Array.from({ length: count }, () => messageTo(inbox));

const reportKeyed = (by: TestApplication, world: World, key: string, messages: MessageFields[]) =>
  by
    .call('post', '/orchestrator/messages/batch', keyed(world.orchestrator, key))
    .send({ messages })
    .expect(200);

/** The bytes of the responses that are stored for a tenant: the largest, and all of them. */
async function storedBytes({ tenantId }: World): Promise<{ largest: number; sum: number; keys: number }> {
  const [row] = await app.database.rows<{ largest: number; sum: number; keys: number }>(
    `select max(octet_length(answer)) as largest, sum(octet_length(answer))::int as sum, count(*)::int as keys
     from idempotency_keys where tenant_id = $1`,
    [tenantId],
  );
  return row!;
}

async function messagesOf({ tenantId }: World): Promise<number> {
  const [row] = await app.database.rows<{ messages: number }>(
    'select coalesce(sum(message_count), 0)::int as messages from conversations where tenant_id = $1',
    [tenantId],
  );
  return row!.messages;
}

const requestOf = (tenantId: string, key: string): RepeatableRequest => ({
  tenantId,
  principal: 'operator:a',
  route: 'POST /a',
  key,
  fingerprint: createHash('sha256').update('a').digest(),
  see: '/a',
  shownOnce: [],
});

const NOT_STORED = { code: 'RESPONSE_NOT_STORED', detail: expect.any(String) as string };

describe('a tenant whose keys store large responses', () => {
  it('stores the largest batch in less than 64 KB, and gets the whole response again', async () => {
    const world = await World.create(app);
    const messages = messagesTo(await world.inbox(), 1_000);
    const first = await reportKeyed(app, world, 'batch', messages);
    const again = await reportKeyed(app, world, 'batch', messages);
    expect(first.text.length).toBeGreaterThan(64 * KB);
    expect((await storedBytes(world)).largest).toBeLessThan(64 * KB);
    expect([again.body, replayed(again)]).toEqual([first.body, 'true']);
    expect(await messagesOf(world)).toBe(1_000);
  });

  it('gets the status of a larger one and where to look, and the request is not done twice', async () => {
    const strict = await app.another({ IDEMPOTENCY_RESPONSE_KB: '1' });
    try {
      const world = await World.create(app);
      const messages = messagesTo(await world.inbox(), 100);
      const first = await reportKeyed(strict, world, 'batch', messages);
      expect((first.body as { results: unknown[] }).results).toHaveLength(100);
      expect((await storedBytes(world)).largest).toBeLessThan(KB);
      for (const instance of [strict, app]) {
        const again = await reportKeyed(instance, world, 'batch', messages);
        expect(again.body).toEqual({ ...NOT_STORED, see: '/api/v1/events' });
        expect(replayed(again)).toBe('true');
      }
      expect(await messagesOf(world)).toBe(100);
    } finally {
      await strict.stop();
    }
  });

  it('stores no more than its bytes, and no request is refused or done twice', async () => {
    const world = await World.create(app);
    const other = await World.create(app);
    const store = app.nest.get(IdempotencyStore);
    const keys = Array.from({ length: 40 }, (_, i) => `key-${i}`);
    let calls = 0;
    const body = randomBytes(40 * KB).toString('base64');
    const once = ({ tenantId }: World, key: string) =>
      store.once(
        requestOf(tenantId, key),
        () => Promise.resolve(),
        () => {
          calls++;
          return Promise.resolve({ kind: 'done', status: 200, etag: null, body });
        },
      );
    for (const key of keys) {
      expect(await once(world, key)).toMatchObject({ response: { kind: 'done', body }, isReplayed: false });
    }
    const stored = await storedBytes(world);
    expect(stored.keys).toBe(keys.length);
    expect(stored.sum).toBeLessThan(KB * KB + keys.length * 256);

    const kinds: string[] = [];
    for (const key of keys) {
      const { response, isReplayed } = await once(world, key);
      kinds.push(response.kind);
      expect({ isReplayed, response }).toMatchObject({ isReplayed: true, response: { status: 200 } });
    }
    expect(new Set(kinds)).toEqual(new Set(['done', 'cut']));
    expect(calls).toBe(keys.length);

    // Another tenant has room of its own.
    await once(other, 'theirs');
    expect(await once(other, 'theirs')).toMatchObject({ response: { kind: 'done', body }, isReplayed: true });
  });

  it.each([
    ['the fields of its code', () => ({ version: 3 }), { version: 3 }],
    ['no large field', (large: string) => ({ large }), {}],
  ])(
    'stores the code of a rejection that is too large, a short detail, and %s',
    async (_, membersOf, kept) => {
      const { tenantId } = await World.create(app);
      const large = randomBytes(100 * KB).toString('hex');
      const members = membersOf(large);
      let calls = 0;
      const reject = () => {
        calls++;
        throw new Problem('NOT_FOUND', `There is no ${large}.`, members);
      };
      const once = () =>
        app.nest.get(IdempotencyStore).once(requestOf(tenantId, 'rejected'), () => Promise.resolve(), reject);
      const { response } = await once();
      expect(response).toMatchObject({ kind: 'refused', code: 'NOT_FOUND', members });
      const { response: again, isReplayed } = await once();
      expect({ again, isReplayed, calls }).toEqual({
        again: {
          kind: 'refused',
          code: 'NOT_FOUND',
          detail: expect.stringMatching(/^There is no [0-9a-f]{488}$/),
          members: kept,
        },
        isReplayed: true,
        calls: 1,
      });
    },
  );

  it.each([
    ['post', '/inboxes', '/inboxes', () => ({ name: 'Large', description: hard(2_000) })],
    ['post', '/inboxes', '/inboxes/batch', () => ({ inboxes: hardNames(60) })],
    ['post', '/operators', '/operators/batch', () => ({ operators: hardNames(60) })],
    ['put', '/operators', `/operators/${encodeURIComponent(hard(255))}`, () => hardNames(1)[0]!],
  ] as const)('that changes what can be read is told to read it: %s, %s', async (method, see, path, body) => {
    const strict = await app.another({ IDEMPOTENCY_RESPONSE_KB: '1' });
    try {
      const world = await World.create(app);
      const sent = body();
      const change = () => strict.call(method, path, keyed(world.admin, 'large')).send(sent);
      expect((await change()).status).toBeLessThan(300);
      expect((await change()).body).toEqual({ ...NOT_STORED, see: `/api/v1${see}` });
      await app.call('get', see, world.admin).expect(200);
    } finally {
      await strict.stop();
    }
  });
});

/** A text of `length` characters that does not compress. */
function hard(length: number): string {
  return Array.from({ length }, () => String.fromCodePoint(randomInt(0x20000, 0x2a000))).join('');
}

const hardNames = (count: number) => Array.from({ length: count }, () => ({ name: hard(255) }));
