import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

interface Explained {
  rank: number | null;
  score: number | null;
  parts: { fromMessages: number; fromDelay: number } | null;
  operators: {
    operatorId: string;
    eligible: boolean;
    reasons: string[];
    notTakenBecause: string | null;
    lastGivenAt: string | null;
  }[];
}

async function explain(world: World, id: string, headers = world.admin): Promise<Explained> {
  const { body } = await app.call('get', `/conversations/${id}/explain`, headers).expect(200);
  return body as Explained;
}

describe('explain', () => {
  it('has the rank, and the score with its parts', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    await world.queued(inbox, { minutesAgo: 100 });
    const second = await world.queued(inbox, { minutesAgo: 72, messages: 10 });
    const third = await world.queued(inbox, { minutesAgo: 10 });
    await world.queued(await world.inbox(), { minutesAgo: 1000 });

    const { rank, score, parts } = await explain(world, second.id);

    expect((await explain(world, third.id)).rank).toBe(3);
    expect(rank).toBe(1);
    expect(parts?.fromMessages).toBeCloseTo(0.4 * 0.1, 10);
    expect(parts?.fromDelay).toBeCloseTo(0.6 * (72 / 1440), 4);
    expect(score).toBeCloseTo((parts?.fromMessages ?? 0) + (parts?.fromDelay ?? 0), 10);
  });

  it('has every ineligibility reason of every operator', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox({ distribution: 'LEAST_LOADED' });
    const full = await world.operator({ inboxes: [inbox], maxLoad: 1 });
    await world.queued(inbox);
    await world.setStatus(full, 'OFFLINE', full.headers);
    const zero = await world.operator({ inboxes: [inbox], weight: 0 });
    const stranger = await world.operator();
    const gone = await world.operator({ inboxes: [inbox] });
    await world.deactivate(gone);
    const { id } = await world.queued(inbox);
    const free = await world.operator({ inboxes: [inbox] });

    const { operators } = await explain(world, id);

    const reasonsOf = (person: { id: string }) =>
      operators.find(({ operatorId }) => operatorId === person.id)?.reasons;
    expect(operators.filter(({ eligible }) => eligible).map(({ operatorId }) => operatorId)).toEqual([
      free.id,
    ]);
    expect(reasonsOf(full)).toEqual(['OFFLINE', 'AT_CAPACITY']);
    expect(reasonsOf(zero)).toEqual(['WEIGHT_ZERO']);
    expect(reasonsOf(stranger)).toEqual(['NOT_SUBSCRIBED']);
    expect(reasonsOf(gone)).toEqual(['INACTIVE', 'OFFLINE']);
  });

  it('has what operators hold and since when, and why nobody who is eligible has it', async () => {
    const world = await World.create(app);
    const [inbox, other] = [await world.inbox(), await world.inbox()];
    const busy = await world.operator({ inboxes: [inbox, other], maxLoad: 2 });
    const idle = await world.operator({ inboxes: [inbox] });
    await world.allocated(inbox, busy);
    const { id: last } = await world.allocated(other, busy);
    const { id, waitingSince } = await world.queued(inbox);
    const { body } = await app.call('get', `/conversations/${last}/history`, world.admin).expect(200);
    const { data } = body as { data: { type: string; occurredAt: string }[] };

    const { operators } = await explain(world, id);

    const of = (person: { id: string }) => operators.find(({ operatorId }) => operatorId === person.id);
    expect(of(busy)).toMatchObject({
      eligible: false,
      reasons: ['AT_CAPACITY'],
      notTakenBecause: null,
      status: 'AVAILABLE',
      load: 2,
      maxLoad: 2,
      heldOfInbox: 1,
      lastGivenAt: data.at(-1)!.occurredAt,
    });
    expect(of(idle)).toMatchObject({
      eligible: true,
      load: 0,
      maxLoad: null,
      heldOfInbox: 0,
      lastGivenAt: null,
    });
    expect(of(idle)!.notTakenBecause).toBe(`PULL: nobody asked since ${waitingSince}`);
    const next = await world.queued(inbox);
    await world.claim(id, idle);
    const after = (await explain(world, next.id)).operators.find((o) => o.operatorId === idle.id)!;
    expect(after.notTakenBecause).toBe(`PULL: nobody asked since ${after.lastGivenAt!}`);
  });

  it('shows an OPERATOR only their own reasons', async () => {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const operator = await world.operator({ inboxes: [inbox] });
    await world.operator({ inboxes: [inbox] });
    const stranger = await world.operator();
    const { id } = await world.queued(inbox);

    const { operators } = await explain(world, id, operator.headers);

    expect(operators).toMatchObject([{ operatorId: operator.id, eligible: true, reasons: [] }]);
    await app.call('get', `/conversations/${id}/explain`, stranger.headers).expect(404);
  });

  /** Somebody of each kind, alone in a tenant. */
  const KINDS: Record<string, (world: World, inbox: InboxResponse) => Promise<Person>> = {
    free: (world, inbox) => world.operator({ inboxes: [inbox] }),
    full: async (world, inbox) => {
      const other = await world.inbox();
      const person = await world.operator({ inboxes: [inbox, other], maxLoad: 1 });
      await world.allocated(other, person);
      return person;
    },
    'of weight 0': (world, inbox) => world.operator({ inboxes: [inbox], weight: 0 }),
    PAUSED: (world, inbox) => world.operator({ inboxes: [inbox], status: 'PAUSED' }),
    OFFLINE: (world, inbox) => world.operator({ inboxes: [inbox], status: 'OFFLINE' }),
    'not subscribed': (world) => world.operator(),
    deactivated: async (world, inbox) => {
      const person = await world.operator({ inboxes: [inbox] });
      await world.deactivate(person);
      return person;
    },
  };
  const cells = Object.keys(KINDS).flatMap((kind) =>
    (['PULL', 'ROUND_ROBIN'] as const).flatMap((distribution) =>
      [false, true].map((autoSubscribe) => ({ kind, distribution, autoSubscribe })),
    ),
  );

  it.each(cells)(
    'says that an operator who is $kind is eligible exactly when they get it ($distribution, autoSubscribe $autoSubscribe)',
    async ({ kind, distribution, autoSubscribe }) => {
      const world = await World.create(app, { autoSubscribe });
      const inbox = await world.inbox({ distribution });
      const { id } = await world.resolved(inbox);
      const person = await KINDS[kind]!(world, inbox);

      const { operators } = await explain(world, id);

      const next = await world.queued(inbox);
      if (distribution === 'PULL') {
        await app.call('post', '/allocation/claim', person.headers).send({ conversationId: next.id });
      }
      const gotIt = (await world.conversation(next.id)).assignedOperatorId === person.id;
      expect(operators.find(({ operatorId }) => operatorId === person.id)).toMatchObject({ eligible: gotIt });
    },
  );

  it('has no rank and no score unless QUEUED', async () => {
    const world = await World.create(app);
    const { id } = await world.resolved(await world.inbox());

    expect(await explain(world, id)).toMatchObject({
      state: 'RESOLVED',
      rank: null,
      score: null,
      parts: null,
    });
  });
});
