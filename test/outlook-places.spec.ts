import type { InboxResponse } from '../src/inboxes/inbox.js';
import { OutlookFold } from '../src/outlook/outlook-fold.js';
import type { Outlook } from '../src/outlook/outlook.js';
import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, reportBatch } from './support/messages.js';
import { minutesBefore, World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

async function outlook(world: World, id: string): Promise<Outlook> {
  const { body } = await app.call('get', `/conversations/${id}/outlook`, world.admin).expect(200);
  return body as Outlook;
}

interface Batch {
  results: { place: number; conversationId: string }[];
}

/** Conversations that each began to wait a second after the one before. @returns their ids, in that order */
async function waitInTurn(world: World, inbox: InboxResponse, count: number): Promise<string[]> {
  const begun = Date.now() - count * 1_000;
  const ids: string[] = [];
  for (let from = 0; from < count; from += 1_000) {
    const messages = Array.from({ length: Math.min(1_000, count - from) }, (_, n) =>
      messageTo(inbox, { occurredAt: new Date(begun + (from + n) * 1_000).toISOString() }),
    );
    const results = (await reportBatch(world, messages)) as { conversationId: string }[];
    ids.push(...results.map(({ conversationId }) => conversationId));
  }
  return ids;
}

const setReranked = ({ tenantId }: World, upTo: string | null) =>
  app.database.rows('update tenants set reranked_up_to = $2 where id = $1', [tenantId, upTo]);

describe('the place of a conversation', () => {
  it('is the order in which they are taken, whatever their messages, boosts and ages', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox], maxLoad: null });
    const messages = Array.from({ length: 40 }, (_, n) =>
      messageTo(inbox, {
        externalConversationId: `thread-${(n * 7) % 25}`,
        occurredAt: minutesBefore((n * 37) % 101),
        boostMinutes: n % 5 === 0 ? (n % 3) * 20 : null,
      }),
    );
    const results = (await reportBatch(world, messages)) as { conversationId: string }[];
    const ids = [...new Set(results.map(({ conversationId }) => conversationId))];
    const places = new Map<number, string>();
    for (const id of ids) {
      const { place, placeIsExact, waiting } = await outlook(world, id);
      expect({ placeIsExact, waiting }).toEqual({ placeIsExact: true, waiting: 25 });
      places.set(place, id);
    }
    // A list of them reads a page of the queue instead of each rank.
    const items = Array.from({ length: 25 }, (_, n) => ({
      externalConversationId: `thread-${n}`,
      inboxId: inbox.id,
    }));
    const { body } = await app
      .call('post', '/orchestrator/outlook', world.orchestrator)
      .send({ items })
      .expect(200);
    for (const { place, conversationId } of (body as Batch).results)
      expect(conversationId).toBe(places.get(place));
    for (let place = 1; place <= 25; place++)
      expect((await world.allocate(operator))?.id).toBe(places.get(place));
  });

  it('is exact to 1,000, and beyond not better than it is', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    await world.operator({ inboxes: [inbox] });
    const ids = await waitInTurn(world, inbox, 2_300);
    const placeOf = async (n: number) => {
      const { place, placeIsExact, waiting } = await outlook(world, ids[n - 1]!);
      expect(waiting).toBe(2_300);
      return { place, placeIsExact };
    };
    for (const n of [1, 100, 101, 1_000]) expect(await placeOf(n)).toEqual({ place: n, placeIsExact: true });
    // Fewer than 1,000 are behind them, so they could be counted.
    for (const n of [1_301, 2_300]) expect(await placeOf(n)).toEqual({ place: n, placeIsExact: false });
    expect(await placeOf(1_001)).toEqual({ place: 1_300, placeIsExact: false });
  });

  it('is not exact while a change of the weights is being carried out', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    await world.operator({ inboxes: [inbox] });
    const ids = await waitInTurn(world, inbox, 3);
    await setReranked(world, '00000000-0000-0000-0000-000000000000');
    for (const id of ids) expect(await outlook(world, id)).toMatchObject({ place: 3, placeIsExact: false });
    await setReranked(world, null);
    expect(await outlook(world, ids[0]!)).toMatchObject({ place: 1, placeIsExact: true });
  });
});

it('two instances count each take once', async () => {
  const world = await World.create(app);
  const inbox = await world.inbox();
  const operator = await world.operator({ inboxes: [inbox], maxLoad: null });
  const ids = await waitInTurn(world, inbox, 400);
  await outlook(world, ids[0]!);
  await app.run(OutlookFold);
  for (let taken = 0; taken < 300; taken += 20)
    await Promise.all(Array.from({ length: 20 }, () => world.allocate(operator)));

  const other = await app.another();
  try {
    const folded = await Promise.all([app, other, app, other].map((one) => one.run(OutlookFold)));
    expect(folded.reduce((sum, entries) => sum + entries, 0)).toBe(300);
  } finally {
    await other.stop();
  }
  const [pace] = await app.database.rows<{ takes: number }>(
    'select takes from outlook_paces where tenant_id = $1 and inbox_id = $2',
    [world.tenantId, inbox.id],
  );
  expect(pace!.takes).toBeGreaterThan(0);
  expect(pace!.takes).toBeLessThanOrEqual(300);
}, 60_000);
