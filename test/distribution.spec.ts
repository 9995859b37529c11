import { DISTRIBUTIONS } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report, reportBatch } from './support/messages.js';
import { arrives, lastEntry, loads } from './support/pushing.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

describe('a new conversation in a push inbox', () => {
  it('is distributed in the same request, with an entry that says why', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox({ distribution: 'WEIGHTED_RANDOM' });
    const operator = await world.operator({ inboxes: [inbox], weight: 30 });

    const conversation = await arrives(world, inbox);

    expect(conversation).toMatchObject({ state: 'ALLOCATED', assignedOperatorId: operator.id, version: 2 });
    expect(await world.history(conversation.id)).toEqual([
      'conversation.created',
      'conversation.distributed',
    ]);
    expect(await lastEntry(world, conversation.id)).toMatchObject({
      actor: { type: 'SYSTEM', id: null },
      reason: 'Distributed at random with weight 30',
      score: expect.closeTo(0.4 / 100, 4),
      from: { state: 'QUEUED', operatorId: null },
      to: { state: 'ALLOCATED', operatorId: operator.id },
    });
  });

  it.each(DISTRIBUTIONS.filter((strategy) => strategy !== 'PULL'))(
    'is chosen a receiver for by %s, with a reason in the ledger',
    async (distribution) => {
      const world = await World.create(app);
      const inbox = await world.inbox({ distribution });
      const operator = await world.operator({ inboxes: [inbox] });

      const conversation = await arrives(world, inbox);

      expect(conversation).toMatchObject({ state: 'ALLOCATED', assignedOperatorId: operator.id });
      expect(await lastEntry(world, conversation.id)).toMatchObject({
        reason: expect.stringMatching(/^Distributed /) as string,
      });
    },
  );

  it('waits when nobody is eligible', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
    await world.operator({ inboxes: [inbox], weight: 0 });
    await world.operator();
    const gone = await world.operator({ inboxes: [inbox] });
    await world.deactivate(gone);

    expect(await arrives(world, inbox)).toMatchObject({
      state: 'QUEUED',
      assignedOperatorId: null,
      version: 1,
    });
  });

  it('in a batch is distributed, best priority first, and each result names the operator', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox({ distribution: 'LEAST_LOADED' });
    const pulling = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox, pulling], maxLoad: 2 });
    const results = await reportBatch(world, [
      messageTo(inbox),
      messageTo(pulling),
      { externalConversationId: 'wrong' },
      ...Array.from({ length: 3 }, () => messageTo(inbox, { externalConversationId: 'urgent' })),
      messageTo(inbox, {
        externalConversationId: 'old',
        occurredAt: new Date(Date.now() - 3_600_000).toISOString(),
      }),
    ]);

    const nobody = null;
    const [first, pulled, wrong, ...others] = results;
    expect([first, pulled].map((result) => result!.assignedOperatorId)).toEqual([nobody, nobody]);
    expect(wrong).not.toHaveProperty('assignedOperatorId');
    expect(others.map(({ assignedOperatorId }) => assignedOperatorId)).toEqual(Array(4).fill(operator.id));
  });

  it('may be a reopened one', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const [first, second] = [
      await world.operator({ inboxes: [inbox] }),
      await world.operator({ inboxes: [inbox] }),
    ];
    const { id, ...conversation } = await arrives(world, inbox, { externalConversationId: 'again' });
    expect(conversation.assignedOperatorId).toBe(first.id);

    const message = messageTo(inbox, { externalConversationId: 'again' });
    expect((await report(world, message)).conversation).toMatchObject({
      assignedOperatorId: first.id,
      version: 2,
    });
    await world.resolve(id, first.headers);
    expect((await report(world, message)).conversation).toMatchObject({ assignedOperatorId: second.id });
    expect((await world.history(id)).slice(2)).toEqual([
      'conversation.resolved',
      'conversation.reopened',
      'conversation.distributed',
    ]);
  });

  it('stays in the inbox of the conversation when it was moved from the one that the message names', async () => {
    const world = await World.create(app);
    const [pushing, pulling] = [await world.inbox({ distribution: 'ROUND_ROBIN' }), await world.inbox()];
    const operator = await world.operator({ inboxes: [pushing, pulling] });
    const toPull = await arrives(world, pushing, { externalConversationId: 'pull' });
    const toPush = await arrives(world, pulling, { externalConversationId: 'push' });
    for (const [{ id: conversationId }, { id: inboxId }] of [
      [toPull, pulling] as const,
      [toPush, pushing] as const,
    ]) {
      await world.resolve(conversationId);
      const moving = app.call('post', '/allocation/move-inbox', world.admin);
      await moving.send({ conversationId, inboxId }).expect(200);
    }

    expect(await arrives(world, pushing, { externalConversationId: 'pull' })).toMatchObject({
      state: 'QUEUED',
    });
    expect(await arrives(world, pulling, { externalConversationId: 'push' })).toMatchObject({
      assignedOperatorId: operator.id,
    });
  });
});

describe('weight 0', () => {
  it('excludes an operator from distribution, not from claim and allocate', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox({ distribution: 'WEIGHTED_RANDOM' });
    const zero = await world.operator({ inboxes: [inbox], weight: 0 });
    const results = await reportBatch(
      world,
      Array.from({ length: 200 }, () => messageTo(inbox)),
    );
    expect(results.every(({ assignedOperatorId }) => assignedOperatorId === null)).toBe(true);

    await world.claim(results[0]!.conversationId!, zero);
    expect(await world.allocate(zero)).not.toBeNull();
    expect(await loads(world)).toEqual({ [zero.id]: 2 });
  });
});

describe('WEIGHTED_RANDOM', () => {
  /** How many of the arrivals each of the weights is given; the last one is OFFLINE. */
  async function draw(weights: readonly number[], arrivals: number): Promise<number[]> {
    const world = await World.create(app);
    const inboxes = [await world.inbox({ distribution: 'WEIGHTED_RANDOM' })];
    const operators: Person[] = [];
    for (const weight of weights) operators.push(await world.operator({ inboxes, weight }));
    await world.operator({ inboxes, weight: 900, status: 'OFFLINE' });
    for (let batch = 0; batch < arrivals; batch += 500) {
      await reportBatch(
        world,
        Array.from({ length: 500 }, () => messageTo(inboxes[0]!)),
      );
    }
    const given = await loads(world);
    return operators.map(({ id }) => given[id] ?? 0);
  }

  /** Shares outside the 99.9 % interval of the binomial, which is nearly normal with these numbers: 3.2905 deviations. */
  function outside(given: readonly number[], weights: readonly number[]): number[] {
    const arrivals = given.reduce((sum, count) => sum + count);
    const all = weights.reduce((sum, weight) => sum + weight);
    return given.filter((count, i) => {
      const p = weights[i]! / all;
      return Math.abs(count - arrivals * p) > 3.2905 * Math.sqrt(arrivals * p * (1 - p));
    });
  }

  it.each([
    { weights: [10, 30, 60], arrivals: 4_000 },
    { weights: [1, 3], arrivals: 1_000 },
  ])(
    'gives $weights their share of $arrivals, within the 99.9 % interval of the binomial distribution',
    async ({ weights, arrivals }) => {
      let given = await draw(weights, arrivals);
      expect(given.reduce((sum, count) => sum + count)).toBe(arrivals);
      // What is right lies outside once in a few hundred times, and twice in a row never.
      if (outside(given, weights).length > 0) given = await draw(weights, arrivals);
      expect(outside(given, weights)).toEqual([]);
    },
    120_000,
  );
});

describe('ROUND_ROBIN', () => {
  it.each(['one by one', 'in batches'])('is exactly even over three operators, %s', async (how) => {
    const world = await World.create(app);
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const operators: Person[] = [];
    for (let i = 0; i < 3; i++) operators.push(await world.operator({ inboxes: [inbox], weight: i + 1 }));
    const turns: (string | null | undefined)[] = [];
    for (let round = 0; round < 4; round++) {
      const messages = Array.from({ length: 6 }, () => messageTo(inbox));
      if (how === 'in batches') {
        turns.push(
          ...(await reportBatch(world, messages)).map(({ assignedOperatorId }) => assignedOperatorId),
        );
      } else {
        for (const message of messages) {
          turns.push((await report(world, message)).conversation.assignedOperatorId);
        }
      }
    }

    expect(turns).toHaveLength(24);
    for (let i = 3; i < turns.length; i++) expect(turns[i]).toBe(turns[i - 3]);
    expect(new Set(turns.slice(0, 3))).toEqual(new Set(operators.map(({ id }) => id)));
  });

  it('skips an operator at capacity, who is first when they have capacity again', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const small = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    const large = await world.operator({ inboxes: [inbox] });
    const held = await arrives(world, inbox);
    const others = [await arrives(world, inbox), await arrives(world, inbox)];
    expect([held, ...others].map(({ assignedOperatorId }) => assignedOperatorId)).toEqual([
      small.id,
      large.id,
      large.id,
    ]);
    await world.resolve(held.id, small.headers);
    expect((await arrives(world, inbox)).assignedOperatorId).toBe(small.id);
  });
});

describe('LEAST_LOADED', () => {
  it('orders by load over weight, with the load of all inboxes', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox({ distribution: 'LEAST_LOADED' });
    const elsewhere = await world.inbox();
    const [light, heavy] = [
      await world.operator({ inboxes: [inbox, elsewhere], weight: 1 }),
      await world.operator({ inboxes: [inbox, elsewhere], weight: 3 }),
    ];
    for (let i = 0; i < 4; i++) await world.allocated(elsewhere, heavy);
    // Loads per weight before each: 0/1 and 4/3; 1/1 and 4/3; 2/1 and 4/3; 2/1 and 5/3; 2/1 and 6/3, a tie: whose last
    // one is longer ago.
    const turns = [];
    for (let i = 0; i < 5; i++) turns.push((await arrives(world, inbox)).assignedOperatorId);
    expect(turns).toEqual([light.id, light.id, heavy.id, heavy.id, light.id]);
  });
});
