import { TestApplication } from './support/application.js';
import { MINUTES, SEED } from './support/chance.js';
import { Fuzzer } from './support/fuzz/fuzzer.js';
import { Rounds, say, tally } from './support/fuzz/rounds.js';
import { expectInvariants } from './support/invariants.js';
import { nameOf, ROUTES } from './support/openapi.js';

/** Of a round, to each route. */
const REQUESTS = 6;
const WISHES = 5;
const PLANTINGS = 6;
/** Of what is as documented and by somebody who may; the rest meets, for example, a conversation in another state. */
const GOOD_SHARE = 0.4;

const rounds = new Rounds(SEED, MINUTES, ROUTES.length * 2);
/** Besides the time of the rounds: room for making a failure small. */
const TIME_LIMIT = rounds.part + 120_000;
const EVERY_ROUTE = ROUTES.map((route) => [nameOf(route), route] as const);

let app: TestApplication;
let fuzzer: Fuzzer;
const shares: number[] = [];
beforeAll(async () => {
  // The tenants are put right again and again, each time with a webhook more.
  app = await TestApplication.start({ QUOTA_WEBHOOKS: '10000' });
  fuzzer = await Fuzzer.on(app);
});
afterAll(async () => {
  if (MINUTES !== null) say(tally(fuzzer.responses));
  await app.stop();
});

describe(`every request (TEST_SEED=${SEED})`, () => {
  it.each(EVERY_ROUTE)(
    'case 23: %s responds as documented and refuses what the document forbids',
    async (_name, route) => {
      await rounds.run(fuzzer.responses, (seed) => fuzzer.fuzz(route, seed, REQUESTS));
      expect((await fetch(`${app.url}/health`)).status).toBe(200);
    },
    TIME_LIMIT,
  );

  it.each(EVERY_ROUTE)(
    'case 21: %s refuses unknown fields and changes nothing',
    async (_name, route) => {
      await rounds.run(fuzzer.responses, (seed) => fuzzer.plant(route, seed, PLANTINGS));
      expect(Object.keys(Object.prototype)).toEqual([]);
    },
    TIME_LIMIT,
  );

  it.each(EVERY_ROUTE)(
    '%s succeeds with a documented request',
    async (_name, route) => {
      const share = await fuzzer.wish(route, SEED, WISHES);
      shares.push(share);
      expect(share).toBeGreaterThan(0);
    },
    TIME_LIMIT,
  );

  it('most documented requests reach the services', () => {
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    expect(mean).toBeGreaterThan(GOOD_SHARE);
  });

  it('case 23: afterwards the process runs and every invariant holds', async () => {
    expect(await (await fetch(`${app.url}/health`)).json()).toEqual({ status: 'ok' });
    // Who carries more than a lowered maxLoad would be a warning.
    await app.database.rows('update operators set max_load = null');
    await expectInvariants(app.database);
  });
});
