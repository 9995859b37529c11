import type { InboxResponse } from '../src/inboxes/inbox.js';
import { OutlookFold } from '../src/outlook/outlook-fold.js';
import type { Outlook } from '../src/outlook/outlook.js';
import type { OutlookStatistics } from '../src/outlook/outlook-statistics.js';
import { TestApplication } from './support/application.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

async function outlook(world: World, id: string, headers = world.admin): Promise<Outlook> {
  const { body } = await app.call('get', `/conversations/${id}/outlook`, headers).expect(200);
  return body as Outlook;
}

/** As if the last look of the service had been earlier. */
async function lookedBefore({ tenantId }: World, seconds: number): Promise<void> {
  await app.database.rows(
    `update outlook_progress set looked_at = now() - $2 * interval '1 second' where tenant_id = $1`,
    [tenantId, seconds],
  );
}

interface KeptRow {
  place: number;
  expected: number;
  low: number | null;
  high: number | null;
  actual: number | null;
  has_ended: boolean;
}

function kept({ tenantId }: World, conversationId: string): Promise<KeptRow[]> {
  return app.database.rows(
    `select place, expected_seconds as expected, low_seconds as low, high_seconds as high, actual_seconds as actual,
      ended_at is not null as has_ended
    from outlooks where tenant_id = $1 and conversation_id = $2 order by id`,
    [tenantId, conversationId],
  );
}

/** Somebody asks for each of these conversations and then takes it, 30 seconds after the one before. */
async function takeEach30Seconds(world: World, inbox: InboxResponse, operator: Person, count: number) {
  for (let i = 0; i < count; i++) {
    const { id } = await world.queued(inbox, { minutesAgo: 60 });
    await outlook(world, id);
    await world.allocate(operator);
    await lookedBefore(world, 30);
    await app.run(OutlookFold);
  }
}

describe('the outlook of a conversation', () => {
  it('has the place in the queue of its inbox', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    await world.operator({ inboxes: [inbox] });
    const second = await world.queued(inbox, { minutesAgo: 20 });
    const first = await world.queued(inbox, { minutesAgo: 30 });
    const third = await world.queued(inbox, { minutesAgo: 10 });
    await world.queued(await world.inbox(), { minutesAgo: 100 });

    const places = [];
    for (const { id } of [first, second, third]) places.push(await outlook(world, id));
    expect(places.map(({ place }) => place)).toEqual([1, 2, 3]);
    expect(places[2]).toMatchObject({
      placeIsExact: true,
      waiting: 3,
      expectedWaitSeconds: null,
      low: null,
      high: null,
      confidence: 0.8,
      basedOn: 0,
      reason: 'TOO_FEW_SAMPLES',
      asOf: expect.any(String),
    });
  });

  it('has no expected wait while nobody is available', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
    const { id } = await world.queued(inbox);
    expect(await outlook(world, id)).toMatchObject({ place: 1, reason: 'NOBODY_AVAILABLE' });
    await world.setStatus(operator, 'AVAILABLE');
    expect(await outlook(world, id)).toMatchObject({ reason: 'TOO_FEW_SAMPLES' });
    await world.setStatus(operator, 'PAUSED');
    expect(await outlook(world, id)).toMatchObject({ reason: 'NOBODY_AVAILABLE' });
  });

  it('counts an operator at capacity as available, and one without a weight in a push inbox not', async () => {
    const world = await World.create(app);
    const [pull, push] = [await world.inbox(), await world.inbox({ distribution: 'LEAST_LOADED' })];
    const operator = await world.operator({ inboxes: [pull, push], weight: 0, maxLoad: 1 });
    await world.allocated(pull, operator);
    expect(await outlook(world, (await world.queued(pull)).id)).toMatchObject({ reason: 'TOO_FEW_SAMPLES' });
    expect(await outlook(world, (await world.queued(push)).id)).toMatchObject({ reason: 'NOBODY_AVAILABLE' });
  });

  it('counts everybody where operators are subscribed by taking', async () => {
    const world = await World.create(app, { autoSubscribe: true });
    const inbox = await world.inbox();
    const { id } = await world.queued(inbox);
    expect(await outlook(world, id)).toMatchObject({ reason: 'NOBODY_AVAILABLE' });
    await world.operator();
    expect(await outlook(world, id)).toMatchObject({ reason: 'TOO_FEW_SAMPLES' });
  });

  it('learns the time between takes, and the interval from how outlooks turned out', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    // Somebody always waits, so all the time counts.
    const last = await world.queued(inbox, { minutesAgo: 2 });
    expect(await outlook(world, last.id)).toMatchObject({ expectedWaitSeconds: null });
    await takeEach30Seconds(world, inbox, operator, 26);

    expect(await kept(world, last.id)).toEqual([]);
    const told = await outlook(world, last.id);
    expect(told).toMatchObject({ place: 1, waiting: 1, basedOn: 20, reason: null });
    expect(told.expectedWaitSeconds).toBeGreaterThanOrEqual(28);
    expect(told.expectedWaitSeconds).toBeLessThanOrEqual(32);
    // They were given at once, while 30 seconds were expected.
    expect(told.low).toBe(0);
    expect(told.high).toBeLessThan(30);

    const [row] = await kept(world, last.id);
    expect(row).toMatchObject({ place: 1, low: told.low, high: told.high, actual: null, has_ended: false });
    await world.claim(last.id, operator);
    await app.run(OutlookFold);
    const [ended] = await kept(world, last.id);
    expect(ended!.has_ended).toBe(true);
    expect(ended!.actual).toBeLessThan(30);

    const statistics = async (query = '') => {
      const { body } = await app.call('get', `/stats/outlook${query}`, world.admin).expect(200);
      return body as OutlookStatistics;
    };
    const figures = { told: 1, given: 1, coverage: Number(ended!.actual! <= told.high!) };
    expect(await statistics()).toMatchObject({
      ...figures,
      confidence: 0.8,
      meanAbsoluteError: expect.closeTo(Math.abs(ended!.actual! - ended!.expected), 2),
      meanWidth: told.high! - told.low!,
      data: [{ inboxId: inbox.id, inboxName: inbox.name, ...figures }],
    });
    expect(await statistics('?to=2026-01-01T00:00:00Z')).toMatchObject({ told: 0, coverage: null, data: [] });
  });

  it('has no outcome when the conversation was resolved without being given', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.queued(inbox);
    await outlook(world, id);
    await takeEach30Seconds(world, inbox, operator, 8);
    await outlook(world, id);
    await world.resolve(id);
    await app.run(OutlookFold);
    expect(await kept(world, id)).toMatchObject([{ actual: null, has_ended: true }]);
  });

  it('does not exist unless the conversation waits', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    const { id } = await world.allocated(inbox, operator);
    const { body } = await app.call('get', `/conversations/${id}/outlook`, world.admin).expect(409);
    expect(body).toMatchObject({
      code: 'CONVERSATION_NOT_QUEUED',
      state: 'ALLOCATED',
      assignedOperatorId: operator.id,
    });
  });

  it('does not exist for an OPERATOR who does not see the conversation', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const { id } = await world.queued(inbox);
    const [one, other] = [await world.operator({ inboxes: [inbox] }), await world.operator()];
    await app.call('get', `/conversations/${id}/outlook`, one.headers).expect(200);
    await app.call('get', `/conversations/${id}/outlook`, other.headers).expect(404);
  });
});

describe('outlooks of threads', () => {
  it('come in the order of the items, each with its own error', async () => {
    const world = await World.create(app);
    const number = '+4930901820';
    const inbox = await world.inbox({ phoneNumber: number });
    const operator = await world.operator({ inboxes: [inbox] });
    const waits = await world.queued(inbox, { externalId: 'waits' });
    const held = await world.allocated(inbox, operator, { externalId: 'held', minutesAgo: 10 });

    const { body } = await app
      .call('post', '/orchestrator/outlook', world.orchestrator)
      .send({
        items: [
          { externalConversationId: 'held', inboxId: inbox.id },
          { externalConversationId: 'waits', inboxPhoneNumber: number },
          { externalConversationId: 'unknown', inboxId: inbox.id },
          { externalConversationId: 'waits', inboxPhoneNumber: '+4930901821' },
          { inboxId: inbox.id },
          { externalConversationId: 'waits', colour: 'red' },
          'waits',
          { externalConversationId: 'waits' },
        ],
      })
      .expect(200);

    const { results } = body as { results: { error?: { code: string } }[] };
    expect(results.map(({ error }) => error?.code ?? 'told')).toEqual([
      'CONVERSATION_NOT_QUEUED',
      'told',
      'NOT_FOUND',
      'NOT_FOUND',
      'VALIDATION_FAILED',
      'VALIDATION_FAILED',
      'VALIDATION_FAILED',
      'told',
    ]);
    expect(results[0]).toMatchObject({ index: 0, status: 409, conversationId: held.id });
    expect(results[1]).toMatchObject({
      index: 1,
      status: 200,
      conversationId: waits.id,
      place: 1,
      waiting: 1,
    });
    expect(results[7]).toMatchObject({ index: 7, status: 200, conversationId: waits.id, place: 1 });
  });

  it.each([
    ['no items', []],
    ['101 items', Array.from({ length: 101 }, () => ({ externalConversationId: 'a' }))],
    ['a text', 'a'],
  ])('are refused for %s', async (_, items) => {
    const world = await World.create(app);
    const { body } = await app
      .call('post', '/orchestrator/outlook', world.orchestrator)
      .send({ items })
      .expect(400);
    expect(body).toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});
