import { DISTRIBUTIONS } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, reportBatch } from './support/messages.js';
import { World } from './support/world.js';

/** The cost of a batch must not grow with messages × operators. */
const MESSAGES = 1_000;
const FEW = 20;
const MANY = 600;
const TIMES_AT_MOST = 3;

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

/** An inbox with this number of AVAILABLE operators, each with room for all that arrives here. */
async function staffed(world: World, distribution: string, operators: number) {
  const inbox = await world.inbox({ distribution } as never);
  await app.database.rows(
    `with made as (
      insert into operators (tenant_id, id, name, role, max_load, availability)
      select $1, gen_random_uuid(), 'Operator ' || n, 'OPERATOR', $4, 'AVAILABLE' from generate_series(1, $3) as s (n)
      returning id
    )
    insert into subscriptions (tenant_id, inbox_id, operator_id, weight)
    select $1, $2, m.id, 1 + (row_number() over ())::integer % 3 from made m`,
    [world.tenantId, inbox.id, operators, 10 * MESSAGES],
  );
  return inbox;
}

/** Milliseconds until the response to a batch, in which every conversation is given to somebody. */
async function batchTakes(world: World, inbox: Awaited<ReturnType<typeof staffed>>): Promise<number> {
  const messages = Array.from({ length: MESSAGES }, () => messageTo(inbox));
  const begun = performance.now();
  const results = await reportBatch(world, messages);
  const tookMs = performance.now() - begun;
  expect(results.filter(({ assignedOperatorId }) => (assignedOperatorId ?? null) === null)).toEqual([]);
  return tookMs;
}

const fastest = async (tries: number, once: () => Promise<number>) => {
  const all: number[] = [];
  for (let i = 0; i < tries; i++) all.push(await once());
  return Math.min(...all);
};

describe('a batch for a push inbox of hundreds of operators', () => {
  it.each(DISTRIBUTIONS.filter((strategy) => strategy !== 'PULL'))(
    'takes at most three times as long as for twenty, by %s',
    async (distribution) => {
      const world = await World.create(app);
      const few = await staffed(world, distribution, FEW);
      const many = await staffed(world, distribution, MANY);
      await app.database.rows('analyze operators, subscriptions, conversations');
      const [withFew, withMany] = [
        await fastest(2, () => batchTakes(world, few)),
        await fastest(2, () => batchTakes(world, many)),
      ];
      process.stderr.write(
        `${distribution}: ${MESSAGES} messages to ${FEW} operators ${withFew.toFixed()} ms, to ${MANY} ${withMany.toFixed()} ms\n`,
      );
      expect(withMany / withFew).toBeLessThanOrEqual(TIMES_AT_MOST);
    },
    60_000,
  );
});
