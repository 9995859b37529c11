import { randomUUID } from 'node:crypto';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { SEED, TIMES } from './support/chance.js';
import { atOnce, Instances, send, tally, type InstanceResponse } from './support/instances.js';
import { expectInvariants } from './support/invariants.js';
import { deadlocks, heldBy, storedThreads, takenWhileOffline } from './support/ledger-and-rows.js';
import { Luck } from './support/luck.js';
import { ServiceProcess } from './support/service-process.js';
import { minutesBefore, World, type Person } from './support/world.js';

/** Sets the scene; the races run on two instances of their own, on the same database. */
let app: TestApplication;
let instances: Instances;
let world: World;
let inbox: InboxResponse;
let luck: Luck;

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
  inbox = await world.inbox();
  luck = new Luck(SEED);
});
afterEach(() => expectInvariants(app.database, world.tenantId));

describe('case 1: allocate, many at once', () => {
  it('gives every conversation to one operator and nobody more than maxLoad', async () => {
    const queued = await queue(1_000);
    const operators = await desks(50, (i) => (i % 5 < 2 ? 10 : null));

    const given = await atOnce(50, (i) => allocateUntilNothing(operators[i]!));

    expect(sorted(given.flat())).toEqual(sorted(queued));
    expect(await holdings()).toEqual(asHeld(operators, given));
    operators.forEach(({ maxLoad }, i) => expect(given[i]!.length).toBeLessThanOrEqual(maxLoad ?? 1_000));
  }, 300_000);

  it('never exceeds the maxLoad of an operator when allocates and claims race', async () => {
    for (let round = 0; round < 4 * TIMES; round++) {
      const queued = await queue(20);
      const [operator] = await desks(1, () => 3);

      const responses = await atOnce(30, (i) =>
        i % 2 === 0 ? allocate(operator!) : claim(operator!, queued[i % 10]!),
      );

      expect(responses.filter(({ status }) => status === 200)).toHaveLength(3);
      expect(Object.keys(tally(responses)).sort()).toEqual(
        expect.arrayContaining(['200', '409 OPERATOR_AT_CAPACITY']),
      );
      const refusals = Object.keys(tally(responses)).filter((kind) => kind !== '200');
      expect(
        refusals.filter((kind) => !/^409 (OPERATOR_AT_CAPACITY|CONVERSATION_NOT_QUEUED)$/.test(kind)),
      ).toEqual([]);
      expect((await holdings())[operator!.id]).toHaveLength(3);
    }
  }, 300_000);

  it('never returns null while a new message locks the only waiting conversation', async () => {
    const [operator] = await desks(1);
    for (let round = 0; round < 20 * TIMES; round++) {
      const thread = `busy-${round}`;
      const [id] = await ingest([message(thread)]);
      const write = () => report(Array.from({ length: 60 }, () => message(thread)));

      const writes = [write(), write()];
      const responses = await Promise.all([allocate(operator!), ...writes, write(), write()]);

      expect({ round, ...tally(responses) }).toEqual({ round, 200: 5 });
      expect({ round, given: responses[0].body.conversation?.id }).toEqual({ round, given: id });
    }
  }, 300_000);

  it('loses and repeats nothing while weights change and messages arrive', async () => {
    const messages = Array.from({ length: 400 }, () => message(randomUUID()));
    const queued = await ingest(messages);
    const operators = await desks(20);
    let done = false;
    const others: InstanceResponse[] = [];
    const untilDone = async (work: (i: number) => Promise<InstanceResponse>) => {
      for (let i = 0; !done; i++) others.push(await work(i));
    };
    const changeWeights = (i: number) =>
      instances.patch('/tenant/settings', world.admin, { alpha: i % 3, beta: 1, maxDelayMinutes: 1 + i });
    const write = () => report(luck.shuffled(messages).slice(0, 40));

    const allocators = atOnce(20, (i) => allocateUntilNothing(operators[i]!)).finally(() => (done = true));
    const [given] = await Promise.all([
      allocators,
      untilDone(changeWeights),
      untilDone(write),
      untilDone(write),
    ]);

    expect(tally(others)).toEqual({ 200: others.length });
    expect(sorted(given.flat())).toEqual(sorted(queued));
    expect(await holdings()).toEqual(asHeld(operators, given));
  }, 300_000);

  it('has correct queue keys after messages arrived while weights changed', async () => {
    const messages = Array.from({ length: 60 }, () => message(randomUUID()));
    const responses = await atOnce(60, (i) =>
      i % 4 === 0
        ? instances.patch('/tenant/settings', world.admin, { alpha: i, maxMessageCount: 1 + i })
        : report(luck.shuffled(messages)),
    );

    expect(tally(responses)).toEqual({ 200: 60 });
    await expectInvariants(app.database, world.tenantId);
  });
});

describe('case 2: claim', () => {
  it('has one winner, and tells everybody else who it is', async () => {
    const operators = await desks(50);
    for (const id of await queue(5)) {
      const responses = await atOnce(50, (i) => claim(operators[i]!, id));

      expect(tally(responses)).toEqual({ 200: 1, '409 CONVERSATION_NOT_QUEUED': 49 });
      const winner = operators[responses.findIndex(({ status }) => status === 200)]!;
      const told = responses
        .filter(({ status }) => status === 409)
        .map(({ body }) => body.assignedOperatorId);
      expect(new Set(told)).toEqual(new Set([winner.id]));
    }
  });
});

describe('case 7: an operator who goes OFFLINE', () => {
  it('gets nothing from that moment on', async () => {
    await queue(500);
    const [operator] = await desks(1);
    const setStatus = (status: string) =>
      instances.put(`/operators/${operator!.id}/status`, world.admin, { status });
    for (let round = 0; round < 16 * TIMES; round++) {
      await setStatus('AVAILABLE');
      let held = -1;
      const leave = async () => {
        const response = await setStatus('OFFLINE');
        held = (await holdings())[operator!.id]?.length ?? 0;
        return response;
      };

      const before = atOnce(round % 8, () => allocate(operator!));
      const leaving = leave();
      const after = atOnce(8 - (round % 8), () => allocate(operator!));
      const responses = [...(await before), ...(await after), await leaving];

      const kinds = Object.keys(tally(responses));
      expect(kinds.filter((kind) => !/^(200|409 OPERATOR_OFFLINE)$/.test(kind))).toEqual([]);
      expect({ round, held: (await holdings())[operator!.id]?.length ?? 0 }).toEqual({ round, held });
    }
    expect(await takenWhileOffline(app.database)).toEqual([]);
  }, 300_000);
});

describe('case 6: messages', () => {
  it('count once each in overlapping batches', async () => {
    const threads = Array.from({ length: 40 }, (_, t) => `thread-${t}`);
    const deadlocksBefore = await deadlocks(app.database);
    for (let round = 0; round < 4 * TIMES; round++) {
      world = await World.create(app);
      inbox = await world.inbox();
      const messages = threads.flatMap((thread, t) =>
        Array.from({ length: 5 }, (_, m) => ({
          ...message(thread),
          messageId: `${m}`,
          occurredAt: minutesBefore(1 + ((t * 7 + m * 13) % 101)),
          lead: { externalId: `lead-${(t + m) % 6}`, name: `Name ${m}` },
        })),
      );
      const batch = (b: number) =>
        luck.shuffled([
          ...messages.filter((_, i) => i % 3 !== b % 3),
          ...messages.filter((_, i) => i % 7 === b % 7),
        ]);

      const responses = await atOnce(30, (b) => report(batch(b)));

      expect({ round, ...tally(responses) }).toEqual({ round, 200: 30 });
      const created = responses.flatMap(({ body }) => body.results!).filter(({ status }) => status === 201);
      expect(created).toHaveLength(40);
      const expected = threads.map((thread) => {
        const times = messages
          .filter((m) => m.externalConversationId === thread)
          .map((m) => +new Date(m.occurredAt));
        const [first, last] = [new Date(Math.min(...times)), new Date(Math.max(...times))];
        return { thread, count: 5, last, first, story: ['conversation.created'] };
      });
      const stored = await storedThreads(app.database, world.tenantId);
      // A newer message of a thread can name another lead.
      const isLead = (type: string) => type === 'conversation.customer_changed';
      expect(stored.map((row) => ({ ...row, story: row.story.filter((type) => !isLead(type)) }))).toEqual(
        expected.sort((a, b) => (a.thread < b.thread ? -1 : 1)),
      );
    }
    // Each would have kept callers waiting for a second, even where a retry hides it.
    expect(await deadlocks(app.database)).toBe(deadlocksBefore);
  }, 300_000);
});

describe('an instance that stops under load', () => {
  it('exits with 0 and keeps every acknowledged allocation', async () => {
    await queue(1_000);
    const operators = await desks(20);
    const leaver = await ServiceProcess.start(app.database.url, { DATABASE_POOL_SIZE: '10' });
    const given: string[][] = operators.map(() => []);
    let ended: Promise<number | null> | undefined;
    const work = async (i: number) => {
      for (;;) {
        const response = await send(
          'POST',
          leaver.url,
          '/allocation/allocate',
          operators[i]!.headers,
          {},
        ).catch(() => null);
        if (response?.status !== 200) return response?.body.code;
        given[i]!.push(response.body.conversation!.id);
        if (given.flat().length === 100) ended = leaver.stop('SIGTERM');
      }
    };

    const lastResponses = await atOnce(20, work);

    expect(await ended).toBe(0);
    expect(lastResponses.filter((code) => code === 'INTERNAL')).toEqual([]);
    expect(given.flat().length).toBeLessThan(1_000);
    // And nothing else is held: the instance completed the requests that were running.
    expect(await holdings()).toEqual(asHeld(operators, given));
  }, 300_000);
});

const allocate = (operator: Person) => instances.post('/allocation/allocate', operator.headers, {});

const claim = (operator: Person, conversationId: string) =>
  instances.post('/allocation/claim', operator.headers, { conversationId });

/** Allocates until nothing waits or the operator is at capacity. @returns the conversations */
async function allocateUntilNothing(operator: Person): Promise<string[]> {
  const given: string[] = [];
  for (;;) {
    const { status, body } = await allocate(operator);
    if (status === 409 && body.code === 'OPERATOR_AT_CAPACITY' && given.length === operator.maxLoad)
      return given;
    if (status !== 200) throw new Error(`allocate returned ${status} ${body.code}`);
    const id = body.conversation?.id;
    if (id === undefined) return given;
    given.push(id);
  }
}

function desks(count: number, maxLoad: (i: number) => number | null = () => null): Promise<Person[]> {
  return atOnce(count, (i) => world.operator({ inboxes: [inbox], maxLoad: maxLoad(i) }));
}

function message(thread: string) {
  return {
    externalConversationId: thread,
    inboxId: inbox.id,
    customerPhoneNumber: '+4915112345678',
    occurredAt: minutesBefore(luck.between(1, 2_000)),
  };
}

const report = (messages: object[]) =>
  instances.post('/orchestrator/messages/batch', world.orchestrator, { messages });

/** @returns the ids of the conversations, in the order of their messages */
async function ingest(messages: object[]): Promise<string[]> {
  const { body } = await report(messages);
  return body.results!.map(({ conversationId }) => conversationId);
}

function queue(count: number): Promise<string[]> {
  return ingest(Array.from({ length: count }, () => message(randomUUID())));
}

const holdings = () => heldBy(app.database, world.tenantId);

function asHeld(operators: readonly Person[], given: readonly string[][]): Record<string, string[]> {
  const pairs = operators.map(({ id }, i) => [id, sorted(given[i]!)] as const);
  return Object.fromEntries(pairs.filter(([, ids]) => ids.length > 0));
}

function sorted(ids: readonly string[]): string[] {
  return [...ids].sort();
}
