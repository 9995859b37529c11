import fc from 'fast-check';
import { AllocationBatches } from '../src/allocation/allocation-batches.js';
import { TestApplication } from './support/application.js';
import { SEED, TIMES } from './support/chance.js';
import { ask, type Told } from './support/faults/ask.js';
import { sessionsWaiting, whileHolding } from './support/faults/locks.js';
import { expectInvariants } from './support/invariants.js';
import { asIfKeysWereRewritten } from './support/rewriting.js';
import { until } from './support/until.js';
import { World, type Person } from './support/world.js';

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

const RANKING = 'select pg_advisory_xact_lock(hashtextextended($1, 1))';
const allocate = ({ headers }: Person, more = {}): Promise<Told> =>
  ask('POST', `${app.url}/api/v1/allocation/allocate`, { ...headers, ...more }, {});
const idOf = ({ body }: Told) => body.conversation?.id ?? null;

/** The first one holds up the others, so these go together when it is done. They ask in the order of the list. */
async function together(world: World, first: Person, others: readonly Person[]): Promise<Told[]> {
  const asked = jest.spyOn(app.nest.get(AllocationBatches), 'allocate');
  const responses: Promise<Told>[] = [];
  try {
    await whileHolding(app.database, RANKING, world.tenantId, async () => {
      responses.push(allocate(first));
      await sessionsWaiting(app.database, 1);
      for (const operator of others) {
        const before = asked.mock.calls.length;
        responses.push(allocate(operator));
        await until(() => asked.mock.calls.length > before);
      }
    });
    return await Promise.all(responses);
  } finally {
    asked.mockRestore();
  }
}

/** How many transactions gave something in this tenant. */
async function transactions(): Promise<number> {
  const [row] = await app.database.rows<{ count: number }>(
    `select count(distinct xmin::text)::integer as count from conversation_events
     where tenant_id = $1 and type = 'conversation.allocated'`,
    [world.tenantId],
  );
  return row!.count;
}

describe('operators who allocate while a batch of their tenant runs', () => {
  it('share the next batch, and get the same conversations as one after the other', async () => {
    const inbox = await world.inbox();
    const waiting = [];
    for (let i = 0; i < 8; i++) waiting.push((await world.queued(inbox, { minutesAgo: 20 - i })).id);
    const people: Person[] = [];
    for (let i = 0; i < 8; i++) people.push(await world.operator({ inboxes: [inbox] }));
    const told = await together(world, people[0]!, people.slice(1));
    expect(told.map(idOf)).toEqual(waiting);
    expect(await transactions()).toBe(2);
  });

  it(
    'get the best conversation of their own inboxes',
    async () => {
      const subsets = fc.array(fc.subarray([0, 1, 2, 3], { minLength: 1 }), { minLength: 2, maxLength: 7 });
      const queue = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 4 })), { maxLength: 10 });
      const orders = fc.constantFrom('FIXED', 'CANDIDATE_WINDOW', 'FIXED, being rewritten');
      const property = fc.asyncProperty(subsets, queue, orders, async (subscribed, threads, order) => {
        const normalization = order === 'CANDIDATE_WINDOW' ? order : 'FIXED';
        const own = await World.create(app, { normalization });
        const inboxes = await Promise.all([0, 1, 2, 3].map(() => own.inbox()));
        const nowhere = await own.operator();
        const people: Person[] = [];
        for (const some of subscribed) {
          people.push(await own.operator({ inboxes: some.map((i) => inboxes[i]!) }));
        }
        const twin = await World.create(app, { normalization });
        const twinInboxes = await Promise.all([0, 1, 2, 3].map(() => twin.inbox()));
        const twins: Person[] = [];
        for (const some of subscribed) {
          twins.push(await twin.operator({ inboxes: some.map((i) => twinInboxes[i]!) }));
        }
        // No two are equal, so the ids, which differ between the two, decide nothing.
        for (const [i, [place, messages]] of threads.entries()) {
          const fields = { messages, minutesAgo: 1 + 7 * i, externalId: `thread-${i}` };
          await own.queued(inboxes[place]!, fields);
          await twin.queued(twinInboxes[place]!, fields);
        }
        if (order !== normalization) await asIfKeysWereRewritten(own);
        const told = await together(own, nowhere, people);
        const oneByOne: (string | null)[] = [];
        for (const person of twins) {
          oneByOne.push((await twin.allocate(person))?.externalConversationId ?? null);
        }
        expect(told.map(({ status }) => status)).toEqual(told.map(() => 200));
        expect(idOf(told[0]!)).toBeNull();
        const given = told.slice(1).map(({ body }) => body.conversation?.externalConversationId ?? null);
        expect(given).toEqual(oneByOne);
      });
      await fc.assert(property, { seed: SEED, numRuns: 6 * TIMES });
    },
    120_000 * TIMES,
  );

  it('get individual refusals', async () => {
    const inbox = await world.inbox();
    for (let i = 0; i < 5; i++) await world.queued(inbox);
    const free = () => world.operator({ inboxes: [inbox] });
    const [first, second, third] = [await free(), await free(), await free()];
    const away = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });
    const full = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    await world.allocate(full);
    const told = await together(world, first, [away, second, full, third]);
    expect(told.map(({ status, body }) => body.code ?? status)).toEqual([
      200,
      'OPERATOR_OFFLINE',
      200,
      'OPERATOR_AT_CAPACITY',
      200,
    ]);
    expect(new Set(told.map(idOf)).size).toBe(4);
  });

  it('never exceed maxLoad, even with five requests of one operator at once', async () => {
    const inbox = await world.inbox();
    for (let i = 0; i < 9; i++) await world.queued(inbox);
    const first = await world.operator({ inboxes: [inbox] });
    const busy = await world.operator({ inboxes: [inbox], maxLoad: 2 });
    const told = await together(world, first, [busy, busy, busy, busy, busy]);
    const given = told.slice(1).map(({ status, body }) => body.code ?? status);
    expect(given.sort()).toEqual([200, 200, ...Array<string>(3).fill('OPERATOR_AT_CAPACITY')]);
  });

  it('get null when the others took the last conversation', async () => {
    const inbox = await world.inbox();
    await world.queued(inbox);
    await world.queued(inbox);
    const people: Person[] = [];
    for (let i = 0; i < 5; i++) people.push(await world.operator({ inboxes: [inbox] }));
    const told = await together(world, people[0]!, people.slice(1));
    expect(told.map((one) => (idOf(one) === null ? 'nothing' : 'one'))).toEqual([
      'one',
      'one',
      'nothing',
      'nothing',
      'nothing',
    ]);
    expect(told.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });
});

describe('a member of a batch', () => {
  it('that fails does not fail the others', async () => {
    const inbox = await world.inbox();
    for (let i = 0; i < 5; i++) await world.queued(inbox);
    const people: Person[] = [];
    for (let i = 0; i < 5; i++) people.push(await world.operator({ inboxes: [inbox] }));
    const broken = people[2]!;
    await app.database.rows(
      `alter table conversations add constraint broken check (assigned_operator_id <> '${broken.id}')`,
    );
    try {
      const told = await together(world, people[0]!, people.slice(1));
      expect(told.map(({ status }) => status)).toEqual([200, 200, 500, 200, 200]);
      expect(new Set(told.map(idOf)).size).toBe(5);
    } finally {
      await app.database.rows('alter table conversations drop constraint broken');
    }
    expect(idOf(await allocate(broken))).not.toBeNull();
  });

  it('whose row is locked delays no other, and gets a conversation once it is free', async () => {
    const inbox = await world.inbox();
    for (let i = 0; i < 4; i++) await world.queued(inbox);
    const people: Person[] = [];
    for (let i = 0; i < 4; i++) people.push(await world.operator({ inboxes: [inbox] }));
    const [first, locked, ...others] = people as [Person, Person, ...Person[]];
    let response: Promise<Told> | undefined;
    await whileHolding(
      app.database,
      'select from operators where id = $1 for no key update',
      locked.id,
      async () => {
        response = allocate(locked);
        await sessionsWaiting(app.database, 1);
        for (const person of [first, ...others]) {
          const told = await allocate(person);
          expect(idOf(told)).not.toBeNull();
          expect(told.ms).toBeLessThan(2_000);
        }
      },
    );
    expect(idOf(await response!)).not.toBeNull();
  });

  it('with only locked conversations left waits for one in its own transaction', async () => {
    const inbox = await world.inbox();
    const { id } = await world.queued(inbox);
    const elsewhere = await world.inbox();
    await world.queued(elsewhere);
    const one = await world.operator({ inboxes: [inbox] });
    const other = await world.operator({ inboxes: [elsewhere] });
    let response: Promise<Told> | undefined;
    await whileHolding(
      app.database,
      'select from conversations where id = $1 for no key update',
      id,
      async () => {
        response = allocate(one);
        await sessionsWaiting(app.database, 1);
        expect(idOf(await allocate(other))).not.toBeNull();
      },
    );
    expect(idOf(await response!)).toBe(id);
  });

  it('with an idempotency key gets the same response again', async () => {
    const inbox = await world.inbox();
    for (let i = 0; i < 6; i++) await world.queued(inbox);
    const operator = await world.operator({ inboxes: [inbox] });
    const others = await Promise.all([1, 2, 3].map(() => world.operator({ inboxes: [inbox] })));
    const key = { 'Idempotency-Key': 'one' };
    const [told] = await Promise.all([allocate(operator, key), ...others.map((other) => allocate(other))]);
    const again = await allocate(operator, key);
    expect(again.isReplayed).toBe(true);
    expect(idOf(again)).toBe(idOf(told));
  });
});

it('has its own transaction with ALLOCATE_COALESCING=no', async () => {
  const single = await TestApplication.start({ ALLOCATE_COALESCING: 'no' });
  try {
    const own = await World.create(single);
    const inbox = await own.inbox();
    const people: Person[] = [];
    for (let i = 0; i < 12; i++) {
      await own.queued(inbox);
      people.push(await own.operator({ inboxes: [inbox] }));
    }
    const given = await Promise.all(people.map((person) => own.allocate(person)));
    expect(new Set(given.map((one) => one?.id)).size).toBe(12);
    const [row] = await single.database.rows<{ count: number }>(
      `select count(distinct xmin::text)::integer as count from conversation_events
       where type = 'conversation.allocated'`,
    );
    expect(row!.count).toBe(12);
  } finally {
    await single.stop();
  }
});
