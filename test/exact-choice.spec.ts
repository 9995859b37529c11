import fc from 'fast-check';
import { BOOST } from '../src/queue/boost-minutes.js';
import { TestApplication, type Headers } from './support/application.js';
import { SEED, TIMES } from './support/chance.js';
import { expectInvariants } from './support/invariants.js';
import { ranked, score, scoreOfMicrosecond, type Weights } from './support/priority-model.js';
import { plans, RandomQueue, type Plan, type Row } from './support/random-queue.js';
import { asIfKeysWereRewritten } from './support/rewriting.js';
import { until } from './support/until.js';

const QUEUES_OF_EACH_KIND = 3 * TIMES;
const TIME_LIMIT = 120_000 * TIMES;

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

const DEFAULTS: Weights = {
  alpha: 0.4,
  beta: 0.6,
  maxMessageCount: 100,
  maxDelayMinutes: 1440,
  delayBasis: 'LAST_MESSAGE',
  countBasis: 'WAITING',
};
const thousandth = fc.integer({ min: 1, max: 3_000 }).map((n) => n / 1_000);
const anyWeights: fc.Arbitrary<Weights> = fc.record({
  alpha: thousandth,
  beta: thousandth,
  maxMessageCount: fc.constantFrom(1, 3, 10, 100),
  maxDelayMinutes: fc.constantFrom(1, 7, 60, 1440, 43_200, null),
  delayBasis: fc.constantFrom('LAST_MESSAGE', 'WAITING_SINCE'),
  countBasis: fc.constantFrom('WAITING', 'TOTAL'),
});
const always = (weights: Partial<Weights>) => fc.constant({ ...DEFAULTS, ...weights });
const anyWith = (weights: Partial<Weights>) => anyWeights.map((others) => ({ ...others, ...weights }));

const KINDS: [kind: string, weights: fc.Arbitrary<Weights>, changed: fc.Arbitrary<Weights> | null][] = [
  // One message is worth 576 s of waiting, to the microsecond.
  ['with the default weights and exact ties', always({}), null],
  ['with few messages counting as 1', always({ maxMessageCount: 3, maxDelayMinutes: 10 }), null],
  ['with a delay that is never capped', anyWith({ maxDelayMinutes: null }), null],
  ['when only messages count', anyWith({ beta: 0 }), null],
  ['when only waiting counts', anyWith({ alpha: 0 }), null],
  ['when waiting counts from its beginning', anyWith({ delayBasis: 'WAITING_SINCE' }), null],
  ['with any weights', anyWeights, null],
  ['with weights changed between two picks', anyWeights, anyWeights],
  [
    'with one weight dropped between two picks',
    always({}),
    fc.constantFrom(
      { ...DEFAULTS, alpha: 0 },
      { ...DEFAULTS, beta: 0 },
      { ...DEFAULTS, maxDelayMinutes: null },
    ),
  ],
  ['with weights as far apart as can be', always({ alpha: 52_000, beta: 1, maxMessageCount: 3 }), null],
];

describe.each(KINDS)(`a queue %s (TEST_SEED=${SEED})`, (_, weights, changed) => {
  const run = (property: (plan: Plan) => Promise<void>) =>
    fc.assert(fc.asyncProperty(plans(weights, changed), property), {
      seed: SEED,
      numRuns: QUEUES_OF_EACH_KIND,
    });

  it(
    'is allocated, listed and ranked exactly in the order of the formula',
    () => run(givesAndLists),
    TIME_LIMIT,
  );
});

describe.each(KINDS.filter(([, , changed]) => changed === null))(
  `while its keys are rewritten, a queue %s (TEST_SEED=${SEED})`,
  (_, weights) => {
    const property = fc.asyncProperty(plans(weights, null), async (plan) => {
      const queue = await RandomQueue.of(app, plan);
      await asIfKeysWereRewritten(queue.world);
      // A sweep would write keys.
      const unswept = { ...plan, sweepAfter: -1 };
      await listsInOrder(queue, unswept);
      await givesInOrder(queue, unswept);
    });

    it(
      'is allocated, listed and ranked exactly in the order of the formula',
      () => fc.assert(property, { seed: SEED, numRuns: QUEUES_OF_EACH_KIND }),
      TIME_LIMIT,
    );
  },
);

async function givesAndLists(plan: Plan): Promise<void> {
  const queue = await RandomQueue.of(app, plan);
  await listsInOrder(queue, plan);
  await givesInOrder(queue, plan);
}

async function listsInOrder(queue: RandomQueue, plan: Plan): Promise<void> {
  const sweep = plan.sweepAfter % 2 === 0 ? () => queue.sweep() : undefined;
  const { admin } = queue.world;
  const operator = queue.operator.headers;
  const { takeable, all } = queue;
  await listsLike(queue, plan, takeable, '/allocation/queue?limit=100', operator);
  await listsLike(queue, plan, all, '/conversations?sort=priority&limit=100', admin);
  await listsLike(queue, plan, takeable, '/conversations?sort=priority&limit=3', operator, sweep);
  await listsLike(queue, plan, takeable, '/allocation/queue?limit=3', operator, sweep);
  await explainsRanks(queue, plan);
}

/** The most conversations of a queue whose rank is asked for. */
const RANKED = 6;

/** Asks once more for the same reason as listsLike. */
async function explainsRanks(queue: RandomQueue, { weights }: Plan): Promise<void> {
  const { world, all } = queue;
  const some = all.slice(0, RANKED);
  const inOrder = async () => {
    const order = ranked(all, weights, await queue.databaseTime());
    return some.map((row) => {
      const ofInbox = order.filter(({ inboxId }) => inboxId === row.inboxId);
      return ofInbox.indexOf(row) + 1;
    });
  };
  const explained = async () => {
    const ranks: number[] = [];
    for (const { id } of some) {
      const { body } = await app.call('get', `/conversations/${id}/explain`, world.admin).expect(200);
      ranks.push((body as { rank: number }).rank);
    }
    return ranks;
  };
  let told: number[];
  let expected: number[];
  do {
    expected = await inOrder();
    told = await explained();
  } while (String(expected) !== String(await inOrder()));
  expect(told).toEqual(expected);
}

/** Reads it once more when one has passed the cap, or overtaken one that has, meanwhile: then no one order is right. */
async function listsLike(
  queue: RandomQueue,
  { weights }: Plan,
  rows: readonly Row[],
  path: string,
  headers: Headers,
  betweenPages?: () => Promise<unknown>,
): Promise<void> {
  const order = async () => ids(ranked(rows, weights, await queue.databaseTime()));
  let listed: string[];
  let expected: string[];
  do {
    expected = await order();
    listed = await queue.listed(path, headers, betweenPages);
  } while (String(expected) !== String(await order()));
  expect(listed).toEqual(expected);
}

async function givesInOrder(queue: RandomQueue, plan: Plan): Promise<void> {
  const { world, operator } = queue;
  const given: string[] = [];
  for (;;) {
    if (given.length === plan.change?.after) await world.change(plan.change.weights);
    if (given.length === plan.sweepAfter) await queue.sweep();
    const conversation = await world.allocate(operator);
    if (conversation === null) break;
    given.push(conversation.id);
  }

  const picks = await queue.picks();
  let waiting = queue.takeable;
  const expected = picks.map(({ id, at, score: recorded }, i) => {
    const weights = plan.change !== null && i >= plan.change.after ? plan.change.weights : plan.weights;
    const best = ranked(waiting, weights, at)[0]!;
    // The order counts whole microseconds of waiting, and so does the score that it is told by (ADR 2).
    const rounding = scoreOfMicrosecond(weights) + Math.abs(score(best, weights, at)) * 1e-9;
    // Its moment is that of the statement, a little after that of the transaction.
    expect(recorded).toBeGreaterThanOrEqual(score(best, weights, at) - rounding);
    expect(recorded).toBeLessThanOrEqual(score(best, weights, at + 1_000_000n) + rounding);
    waiting = waiting.filter((row) => row.id !== id);
    return best.id;
  });
  expect(given).toEqual(expected);
  expect(waiting).toEqual([]);
}

function ids(rows: readonly { id: string }[]): string[] {
  return rows.map(({ id }) => id);
}

describe('a list by priority', () => {
  it('skips and repeats nothing when rows pass the cap between two pages', async () => {
    // Three pass the cap of a minute in about half a second, after the first page was read.
    const threads = [59.4, 59.5, 59.6, 30, 30, 10, 10, 2].flatMap((lastSecondsAgo) =>
      [1, 2, 3].map((messages) => ({
        inbox: messages,
        messages,
        lastSecondsAgo,
        firstSecondsBefore: 0,
        unmarked: false,
        boostMinutes: 0,
      })),
    );
    const weights = { ...DEFAULTS, maxDelayMinutes: 1, maxMessageCount: 10 };
    const plan = {
      weights,
      threads,
      subscribed: [1, 2, 3],
      inboxBoosts: [0, 0, 0, 0],
      sweepAfter: 0,
      change: null,
    };
    const queue = await RandomQueue.of(app, plan);
    const before = await queue.databaseTime();

    const listed = await queue.listed(
      '/conversations?sort=priority&limit=3',
      queue.operator.headers,
      async () => {
        await until(async () => {
          await queue.sweep();
          return (await queue.marked()) === 9;
        });
      },
    );

    expect(listed).toEqual(ids(ranked(queue.all, weights, before)));
  });

  it('skips no tie between two pages with extreme weights', async () => {
    const tied = {
      inbox: 0,
      messages: 3,
      lastSecondsAgo: 60,
      firstSecondsBefore: 0,
      unmarked: false,
      boostMinutes: BOOST.max,
    };
    const weights = { ...DEFAULTS, alpha: 142, beta: 1, maxMessageCount: 3, maxDelayMinutes: 525_600 };
    const plan = {
      weights,
      threads: Array(7).fill(tied),
      subscribed: [0],
      inboxBoosts: [BOOST.max, 0, 0, 0],
      sweepAfter: 0,
      change: null,
    };
    const queue = await RandomQueue.of(app, plan);
    const expected = ids(ranked(queue.all, weights, await queue.databaseTime()));

    for (let reading = 1; reading <= 20; reading++) {
      const listed = await queue.listed('/allocation/queue?limit=2', queue.operator.headers);
      expect({ reading, listed }).toEqual({ reading, listed: expected });
    }
  });
});
