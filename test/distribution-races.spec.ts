import { DistributionSweep } from '../src/distribution/distribution-sweep.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { SEED, TIMES } from './support/chance.js';
import { atOnce, Instances, tally, type InstanceResponse } from './support/instances.js';
import { sessionsWaiting } from './support/faults/locks.js';
import { expectInvariants } from './support/invariants.js';
import { Luck } from './support/luck.js';
import { deadlocks } from './support/ledger-and-rows.js';
import { messageTo, report } from './support/messages.js';
import { arrives, holdersOf, loads } from './support/pushing.js';
import { World, type Person } from './support/world.js';

/** Sets the scene; the races run on two instances of their own, on the same database. */
let app: TestApplication;
let instances: Instances;
let world: World;
let deadlocksBefore: number;

beforeAll(async () => {
  app = await TestApplication.start();
  instances = await Instances.start(app.database.url);
});
afterAll(async () => {
  await instances.stop();
  await app.stop();
});
beforeEach(async () => {
  world = await World.create(app);
  // Who frees room again and again within a minute would be given no more of the backlog, however the race ends.
  await world.change({ backlogPerMinute: null });
  deadlocksBefore = await deadlocks(app.database);
});
afterEach(async () => {
  // Among them: nothing waits beside somebody eligible, though no sweep has run.
  await expectInvariants(app.database);
  expect(await deadlocks(app.database)).toBe(deadlocksBefore);
});

const ingest = (inbox: InboxResponse) =>
  instances.post('/orchestrator/messages', world.orchestrator, messageTo(inbox));
const ingestBatch = (inboxes: InboxResponse[], count: number) => {
  const messages = Array.from({ length: count }, (_, i) => messageTo(inboxes[i % inboxes.length]!));
  return instances.post('/orchestrator/messages/batch', world.orchestrator, { messages });
};
const setStatus = (person: Person, status: string) =>
  instances.put(`/operators/${person.id}/status`, person.headers, { status });

describe('two instances that ingest messages at once', () => {
  it('fill every operator to maxLoad and no further', async () => {
    const inboxes = [
      await world.inbox({ distribution: 'WEIGHTED_RANDOM' }),
      await world.inbox({ distribution: 'LEAST_LOADED' }),
      await world.inbox({ distribution: 'ROUND_ROBIN' }),
    ];
    const operators: Person[] = [];
    for (let i = 0; i < 9; i++) operators.push(await world.operator({ inboxes, maxLoad: 5 + i }));

    const responses = await atOnce(60, (i) =>
      i % 4 === 0 ? ingestBatch(inboxes, 7) : ingest(inboxes[i % 3]!),
    );

    expect(Object.keys(tally(responses)).sort()).toEqual(['200', '201']);
    expect(await loads(world)).toEqual(Object.fromEntries(operators.map(({ id, maxLoad }) => [id, maxLoad])));
  }, 60_000);

  it('take turns as exactly as one', async () => {
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const operators: Person[] = [];
    for (let i = 0; i < 3; i++) operators.push(await world.operator({ inboxes: [inbox] }));

    const responses = await atOnce(90, () => ingest(inbox));

    expect(tally(responses)).toEqual({ 201: 90 });
    expect(await loads(world)).toEqual(Object.fromEntries(operators.map(({ id }) => [id, 30])));
  }, 60_000);

  it('never exceed the maxLoad of an operator of several inboxes', async () => {
    const inboxes: InboxResponse[] = [];
    for (let i = 0; i < 8; i++) inboxes.push(await world.inbox({ distribution: 'LEAST_LOADED' }));
    for (let round = 0; round < 6 * TIMES; round++) {
      const person = await world.operator({ inboxes, maxLoad: 3 });

      const responses = await atOnce(16, (i) =>
        i % 4 === 3
          ? instances.post('/allocation/allocate', person.headers, {})
          : ingest(inboxes[(i * 3) % inboxes.length]!),
      );

      expect(unexpected(responses, '409 OPERATOR_AT_CAPACITY')).toEqual([]);
      expect({ round, load: (await loads(world))[person.id] }).toEqual({ round, load: 3 });
      await world.deactivate(person);
    }
  }, 300_000);

  it('share the capacity of operators with claims and allocates', async () => {
    const inbox = await world.inbox({ distribution: 'LEAST_LOADED' });
    const pulling = await world.inbox();
    const operators: Person[] = [];
    for (let i = 0; i < 4; i++) {
      operators.push(await world.operator({ inboxes: [inbox, pulling], maxLoad: 6 }));
    }
    for (let i = 0; i < 40; i++) await world.queued(pulling);

    const responses = await atOnce(80, (i) =>
      i % 2 === 0
        ? ingest(inbox)
        : instances.post('/allocation/allocate', operators[(i >> 1) % 4]!.headers, {}),
    );

    expect(unexpected(responses, '409 OPERATOR_AT_CAPACITY')).toEqual([]);
    expect(await loads(world)).toEqual(Object.fromEntries(operators.map(({ id }) => [id, 6])));
  }, 60_000);
});

describe('a message at the same moment', () => {
  it('as an operator becomes AVAILABLE goes to them', async () => {
    for (let round = 0; round < 16 * TIMES; round++) {
      const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
      const person = await world.operator({ inboxes: [inbox], status: 'OFFLINE' });

      const [arrival] = await Promise.all([ingest(inbox), setStatus(person, 'AVAILABLE')]);

      const { id } = arrival.body.conversation!;
      expect({ round, holders: await holdersOf(world, [{ id }]) }).toEqual({ round, holders: [person.id] });
    }
  }, 300_000);

  it('as an operator resolves their last conversation goes to them', async () => {
    const inbox = await world.inbox({ distribution: 'LEAST_LOADED' });
    const person = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    let held = (await arrives(world, inbox)).id;
    for (let round = 0; round < 16 * TIMES; round++) {
      const [arrival] = await Promise.all([
        ingest(inbox),
        instances.post('/allocation/resolve', person.headers, { conversationId: held }),
      ]);

      held = arrival.body.conversation!.id;
      expect({ round, holders: await holdersOf(world, [{ id: held }]) }).toEqual({
        round,
        holders: [person.id],
      });
    }
  }, 300_000);

  it('as its inbox becomes a push inbox is distributed', async () => {
    for (let round = 0; round < 6 * TIMES; round++) {
      const inbox = await world.inbox();
      const person = await world.operator({ inboxes: [inbox] });

      const [arrivals] = await Promise.all([
        atOnce(4, () => ingest(inbox)),
        instances.patch(`/inboxes/${inbox.id}`, world.admin, { distribution: 'ROUND_ROBIN' }),
      ]);

      const ids = arrivals.map(({ body }) => ({ id: body.conversation!.id }));
      expect({ round, holders: await holdersOf(world, ids) }).toEqual({
        round,
        holders: Array(4).fill(person.id),
      });
    }
  }, 300_000);

  it('as its conversation is resolved reopens and distributes it', async () => {
    const inbox = await world.inbox({ distribution: 'ROUND_ROBIN' });
    const person = await world.operator({ inboxes: [inbox] });
    const other = await world.operator({ inboxes: [inbox] });
    const { id } = await arrives(world, inbox, { externalConversationId: 'again' });
    const somebody = await app.database.session();
    await somebody.query('begin');
    await somebody.query('select from conversations where id = $1 for update', [id]);
    const resolving = instances.post('/allocation/resolve', person.headers, { conversationId: id });
    await sessionsWaiting(app.database, 1);
    const reopening = report(world, messageTo(inbox, { externalConversationId: 'again' }));
    await sessionsWaiting(app.database, 2);
    await somebody.query('commit');

    expect((await resolving).status).toBe(200);
    expect((await reopening).conversation).toMatchObject({
      state: 'ALLOCATED',
      assignedOperatorId: other.id,
    });
  });
});

describe('everything at once', () => {
  it('leaves nothing waiting beside an eligible operator', async () => {
    const inboxes = [
      await world.inbox({ distribution: 'WEIGHTED_RANDOM' }),
      await world.inbox({ distribution: 'LEAST_LOADED' }),
      await world.inbox({ distribution: 'ROUND_ROBIN' }),
    ];
    const people: Person[] = [];
    for (let i = 0; i < 6; i++) people.push(await world.operator({ inboxes, maxLoad: 2 + (i % 3) }));
    const whatever = (i: number, held: string): Promise<InstanceResponse> => {
      const person = people[i % people.length]!;
      switch (i % 8) {
        case 0:
          return setStatus(person, 'OFFLINE');
        case 1:
          return setStatus(people[(i + 5) % 6]!, 'AVAILABLE');
        case 2:
          return ingestBatch(inboxes, 5);
        case 3:
          return instances.post('/allocation/deallocate', world.admin, { conversationId: held });
        case 4:
          return instances.post('/allocation/move-inbox', world.admin, {
            conversationId: held,
            inboxId: inboxes[i % 3]!.id,
          });
        case 5:
          return instances.post('/allocation/claim', person.headers, { conversationId: held });
        case 6:
          return ingest(inboxes[i % 3]!);
        default:
          return instances.post('/allocation/resolve', world.admin, { conversationId: held });
      }
    };

    const luck = new Luck(SEED);
    for (let wave = 0; wave < 12; wave++) {
      const held = luck.shuffled(await allHeld());
      const responses = await atOnce(24, (i) =>
        whatever(i + wave * 5, held[i % held.length] ?? world.tenantId),
      );
      expect(unexpected(responses, ...REFUSALS)).toEqual([]);
    }

    expect(await app.run(DistributionSweep)).toBe(0);
  }, 120_000);
});

/** Conversations that somebody holds. */
async function allHeld(): Promise<string[]> {
  const rows = await app.database.rows<{ id: string }>(
    `select id from conversations where tenant_id = $1 and state = 'ALLOCATED' order by id`,
    [world.tenantId],
  );
  return rows.map(({ id }) => id);
}

/** The refusals that a request which comes too late can get. */
const REFUSALS = [
  '404 NOT_FOUND',
  '409 CONVERSATION_ALREADY_RESOLVED',
  '409 CONVERSATION_NOT_ALLOCATED',
  '409 CONVERSATION_NOT_QUEUED',
  '409 OPERATOR_AT_CAPACITY',
  '409 OPERATOR_OFFLINE',
];

/** Kinds of responses that are neither what was asked for nor one of these refusals. */
function unexpected(responses: readonly InstanceResponse[], ...refusals: string[]): string[] {
  return Object.keys(tally(responses)).filter((kind) => !['200', '201', ...refusals].includes(kind));
}
